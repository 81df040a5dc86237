"""The steps beside the road: what each is called, its form, and the service that takes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from huiyin.matters import services
from huiyin.matters.table import Event
from huiyin.web.desk import further_forms as forms
from huiyin.web.desk.forms import StepForm

Words = str | Promise
# Takes who acts on which matter as it was seen, and what was typed.
Take = Callable[..., Any]


@dataclass(frozen=True)
class Further:
    """A step that somebody may take beside what the matter waits for."""

    name: str
    event: Event
    form: type[StepForm]
    take: Take
    title: Words
    done: Words
    # Value and words of each button; the value goes into the field ``decision``.
    buttons: tuple[tuple[str, Words], ...]
    hint: Words = ""


def _one(words: Words) -> tuple[tuple[str, Words], ...]:
    return (("", words),)


def _decide_extension(*, decision: bool, **said: Any) -> Any:
    return services.decide_extension(grant=decision, **said)


FURTHER: tuple[Further, ...] = (
    Further(
        "assign",
        Event.ASSIGN,
        forms.Unit,
        services.assign,
        _("Assign it to a unit"),
        _("The matter is with the unit you named."),
        _one(_("Assign")),
        _("What you decide holds: the unit cannot return it again. The clocks run on."),
    ),
    Further(
        "decide-extension",
        Event.GRANT_EXTENSION,
        forms.Decision,
        _decide_extension,
        _("Decide on more time"),
        _("Your decision is recorded, and the unit has been told."),
        (("grant", _("Grant more time")), ("refuse", _("Refuse"))),
        _("If you grant it, the deadline moves in public, and the citizen is told the new day."),
    ),
    Further(
        "answer-order",
        Event.ANSWER_ORDER,
        forms.Answer,
        services.answer_order,
        _("Answer the supervision order"),
        _("The answer is with who gave the order."),
        _one(_("Send the answer")),
    ),
    Further(
        "contribute",
        Event.CONTRIBUTE,
        forms.Words,
        services.contribute,
        _("Contribute as a joint unit"),
        _("The leading unit sees what you wrote."),
        _one(_("Contribute")),
    ),
    Further(
        "give-to",
        Event.GIVE_TO,
        forms.GiveTo,
        services.give_to,
        _("Give it to somebody"),
        _("Recorded; notices go to them from now on."),
        _one(_("Give")),
    ),
    Further(
        "ask-extension",
        Event.ASK_EXTENSION,
        forms.AskExtension,
        services.ask_extension,
        _("Ask for more time"),
        _("The level above has been asked."),
        _one(_("Ask")),
        _("Once, before the deadline, and decided outside your unit."),
    ),
    Further(
        "merge",
        Event.MERGE,
        forms.Merge,
        services.merge,
        _("Same fault as another matter"),
        _("The matters share one improvement; each citizen is still answered."),
        _one(_("Join its improvement")),
        _("The two share root cause, plan and evidence. This citizen gets an answer as well."),
    ),
    Further(
        "split",
        Event.SPLIT,
        forms.Button,
        services.split,
        _("Not the same fault after all"),
        _("The matter has its own road again."),
        _one(_("Take it out of the improvement")),
    ),
    Further(
        "hand-on",
        Event.HAND_ON,
        forms.Unit,
        services.hand_on,
        _("It is another unit's matter"),
        _("The matter is with the unit you named."),
        _one(_("Hand it on")),
        _("Once. If that unit says no as well, the level above decides. The clocks run on."),
    ),
    Further(
        "return-matter",
        Event.RETURN,
        forms.Reason,
        services.return_matter,
        _("It is another unit's matter"),
        _("The level above has been asked to decide."),
        _one(_("Return it")),
        _("It has been handed on before: the level above decides now. The clocks run on."),
    ),
    Further(
        "state-side",
        Event.STATE_SIDE,
        forms.Words,
        services.state_side,
        _("State your side"),
        _("Your side is on the record."),
        _one(_("Put it on the record")),
        _("Seen by everybody who works on the matter, and by the arbiter."),
    ),
    Further(
        "order",
        Event.ORDER,
        forms.Order,
        services.order,
        _("Give a supervision order"),
        _("The unit has been told, and its clock runs."),
        _one(_("Give the order")),
    ),
    Further(
        "add-unit",
        Event.ADD_CO_UNIT,
        forms.JointUnit,
        services.add_co_unit,
        _("Have another unit join in"),
        _("The other unit has been told."),
        _one(_("Add the unit")),
        _("The leading unit stays responsible and writes the reply."),
    ),
    Further(
        "end-unit",
        Event.END_CO_UNIT,
        forms.EndJointUnit,
        services.end_co_unit,
        _("Release a joint unit"),
        _("The unit no longer takes part."),
        _one(_("Release it")),
    ),
)
BY_NAME: dict[str, Further] = {step.name: step for step in FURTHER}


def take(name: str, who: dict[str, Any], form: StepForm) -> None:
    """Take the step called ``name`` with what was typed into ``form``."""
    said = {field: form.cleaned_data[field] for field in form.fields if field != "version"}
    BY_NAME[name].take(**who, **said)
