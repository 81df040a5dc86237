"""The page about the transition table, made from the table itself so that it never drifts.

``script/transitions`` writes it in both languages; a test compares what is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.db.models import TextChoices
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from huiyin.matters.guards import Guard
from huiyin.matters.table import (
    MINDERS,
    TRANSITIONS,
    ClockKind,
    Event,
    Party,
    State,
    Transition,
)

# Their arrows would cover the drawing.
_FROM_ANYWHERE = (Event.WITHDRAW, Event.VOID, Event.REDIRECT)
# What each guard asks for, in words.
GUARDS = {
    "an_order_is_open": gettext_lazy("a supervision order waits for its answer"),
    "another_person_than_the_author": gettext_lazy("by another person than the reply's author"),
    "another_person_than_who_asked": gettext_lazy("by another person than the one who asked"),
    "approver_decides": gettext_lazy("the policy lets the approver decide"),
    "arbiter_has_not_stepped_back": gettext_lazy("the arbiter has not stepped back"),
    "arbiter_has_to_act": gettext_lazy("an arbiter has to act"),
    "asked_before_it_is_due": gettext_lazy("before the deadline, and while it runs"),
    "both_sides_were_heard": gettext_lazy("the other side was heard, or had its time to speak"),
    "can_be_extended": gettext_lazy(
        "no extension waits for a decision, and neither number nor length is used up"
    ),
    "closing_rule": gettext_lazy(
        "there is a result, the citizen was told or is recorded as unreachable, the follow-up "
        "review was asked for and settled, and no clock runs"
    ),
    "contact_is_wanted": gettext_lazy("the citizen has not ended the contact"),
    "every_milestone_has_its_day": gettext_lazy(
        "the plan has milestones, in order, none in the past and none after the deadline"
    ),
    "extension_is_asked": gettext_lazy("an extension waits for a decision"),
    "follow_up_is_open": gettext_lazy("the follow-up review is open"),
    "follow_up_is_settled": gettext_lazy("the follow-up review is settled"),
    "follow_up_is_to_be_asked": gettext_lazy("the follow-up review is still to be asked for"),
    "has_evidence": gettext_lazy("“solved” is shown by evidence"),
    "improvement_is_planned": gettext_lazy(
        "the other matter leads an improvement of the same unit that is being carried out"
    ),
    "is_merged": gettext_lazy("it shares another matter's improvement"),
    "may_be_appealed": gettext_lazy("once, and soon after the delivery to the unit"),
    "may_be_handed_on": gettext_lazy(
        "the unit has moves of its own left and nobody above has decided"
    ),
    "may_be_returned": gettext_lazy("it was handed on before and nobody above has decided"),
    "no_order_is_open": gettext_lazy("the last supervision order was answered"),
    "no_ruling_is_awaited": gettext_lazy("no ruling is awaited"),
    "not_reopened_yet": gettext_lazy("in the first round"),
    "outside_the_line_of_command": gettext_lazy(
        "by an arbiter outside the unit's line of command, without a duty over it"
    ),
    "outside_the_unit": gettext_lazy("by somebody outside the unit"),
    "reached_the_citizen": gettext_lazy("the citizen was reached, or need not be"),
    "ruling_is_awaited": gettext_lazy("a ruling is awaited"),
    "supervises_both_units": gettext_lazy("by somebody who supervises both units"),
    "supervisor_decides": gettext_lazy("the policy lets the supervisor decide"),
    "tried_often_enough": gettext_lazy("there were enough attempts, far enough apart"),
    "was_reopened": gettext_lazy("in the second round"),
}


def page(language: str) -> str:
    """The page in ``language``, as Markdown with a Mermaid diagram."""
    with override(language):
        return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# " + _("Transitions of the closed loop")
    yield ""
    yield _("Made from the transition table by `script/transitions`; not to be edited by hand.")
    yield _("A step that is not here does not exist.")
    yield ""
    yield "```mermaid"
    yield from _diagram()
    yield "```"
    yield ""
    yield _("Not drawn, since they lead there from almost anywhere:")
    yield ""
    for event in _FROM_ANYWHERE:
        [target] = {row.target for row in TRANSITIONS if row.event == event}
        yield f"- {_words(event)} → {_words(target)}"
    yield ""
    yield "## " + _("Clocks")
    yield ""
    yield from _table([_("Clock"), _("started by"), _("stopped by"), _("minded by")], _clocks())
    for state in State:
        yield ""
        yield f"## {_words(state)} `{state.value}`"
        yield ""
        rows = [row for row in TRANSITIONS if row.source == state]
        if not rows:
            yield _("Nothing follows.")
            continue
        heads = [_("Step"), _("by"), _("leads to"), _("if"), _("clocks"), _("told")]
        yield from _table(heads, map(_cells, rows))


def _diagram() -> Iterator[str]:
    """The steps that change the state; the others would hide them."""
    yield "stateDiagram-v2"
    for state in State:
        yield f"  {state.value}: {_words(state)}"
    edges: dict[tuple[str, str], list[str]] = {}
    for row in TRANSITIONS:
        if row.source != row.target and row.event not in _FROM_ANYWHERE:
            pair = (row.source.value if row.source else "[*]", row.target.value)
            named = edges.setdefault(pair, [])
            if _words(row.event) not in named:
                named.append(_words(row.event))
    for (source, target), names in edges.items():
        yield f"  {source} --> {target}: {' / '.join(names)}"
    yield f"  {State.CLOSED.value} --> [*]"


def _clocks() -> Iterator[list[str]]:
    for kind in ClockKind:
        minder = MINDERS[kind]
        yield [
            f"{_words(kind)} `{kind.value}`",
            _list(dict.fromkeys(row.event for row in TRANSITIONS if kind in row.starts)),
            _list(dict.fromkeys(row.event for row in TRANSITIONS if kind in row.stops)),
            _words(minder) if minder else _("nobody"),
        ]


def _cells(row: Transition) -> list[str]:
    clocks = [_("stops: %s") % _list(sorted(row.stops))] if row.stops else []
    clocks += [_("starts: %s") % _list(sorted(row.starts))] if row.starts else []
    target = "–" if row.target == row.source else _words(row.target)
    return [
        f"{_words(row.event)} `{row.event.value}`",
        _list(sorted(row.by)),
        target,
        "; ".join(_condition(guard) for guard in row.guards) or "–",
        "; ".join(clocks) or "–",
        _list(sorted(row.tells)) or "–",
    ]


def _condition(guard: Guard) -> str:
    return str(GUARDS[guard.__name__])


def _table(heads: list[str], rows: Iterable[list[str]]) -> Iterator[str]:
    yield _row(heads)
    yield "|" + "---|" * len(heads)
    for row in rows:
        yield _row(row)


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _list(choices: Iterable[TextChoices]) -> str:
    return ", ".join(str(choice.label) for choice in choices)


def _words(choice: State | Event | ClockKind | Party) -> str:
    return capfirst(str(choice.label))
