"""The steps of a matter as staff read them: what, who, when, and what was said."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from operator import itemgetter
from typing import Any

from django.db.models import TextChoices
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from huiyin.directory.queries import names_in_words
from huiyin.matters.models import ContactAttempt, Matter, ResultClass, RootCause, Step
from huiyin.matters.table import Alarm, ClockKind, Event, Party
from huiyin.notices.alarms import Rung, alarms_of
from huiyin.web.templatetags.huiyin import local_date

_UNITS = ("from_name", "to_name", "unit_name")
_ERASED = gettext_lazy("Erased at the person's request.")


def timeline(matter: Matter, *, erased: bool = False) -> list[dict[str, Any]]:
    """The entries of components/timeline.html, oldest first. At most four queries.

    ``erased``: what the citizen wrote is not shown any more.
    """
    steps = list(matter.steps.select_related("actor").order_by("number"))
    names = names_in_words(str(step.data.get(key, "")) for step in steps for key in _UNITS)
    entries = [
        {
            "title": capfirst(step.get_event_display()),
            "state": "done",
            "at": step.at,
            "actor": _actor(step),
            "text": _ERASED if erased and step.party == Party.CITIZEN else said(step, names),
        }
        for step in steps
    ]
    entries += [of_alarm(rung) for rung in alarms_of(matter, matter.clocks.all())]
    # Stable: what happened at one moment stays in its order, steps first.
    return sorted(entries, key=itemgetter("at"))


def of_alarm(rung: Rung) -> dict[str, Any]:
    """The timeline's entry for an alarm of a clock."""
    about = {"clock": rung.clock.label, "day": local_date(rung.last_day)}
    return {
        "title": capfirst(rung.alarm.label),
        "state": "done" if rung.alarm == Alarm.WARN else "late",
        "at": rung.at,
        "actor": str(Party.PLATFORM.label),
        "text": capfirst(_("%(clock)s, due %(day)s") % about),
    }


def said(step: Step, names: Mapping[str, str]) -> str:
    """What ``step`` says beyond its name, in lines; ``names`` of bodies in the reader's words."""
    data = step.data
    lines: list[str] = []
    if step.event == Event.CONTACT:
        means = _label(ContactAttempt.Means, data.get("means"))
        outcome = _label(ContactAttempt.Outcome, data.get("outcome"))
        lines.append(f"{capfirst(means)} · {outcome}")
    if step.event == Event.PLAN:
        cause = _label(RootCause, data.get("root_cause"))
        lines.append(_("Root cause: %(cause)s") % {"cause": cause})
    if step.event == Event.DRAFT_REPLY:
        result = _label(ResultClass, data.get("result_class"))
        lines.append(_("Result: %(result)s") % {"result": result})
    if "from_name" in data and "to_name" in data:
        ends = [names.get(data[key], data[key]) for key in ("from_name", "to_name")]
        lines.append(" → ".join(ends))
    if data.get("unit_name"):
        lines.append(names.get(data["unit_name"], data["unit_name"]))
    if step.event == Event.RECOMPUTE and "from_day" in data:
        days = [local_date(date.fromisoformat(data[key])) for key in ("from_day", "due_day")]
        lines.append(f"{_label(ClockKind, data.get('clock'))}: {days[0]} → {days[1]}")
    if step.event == Event.GRANT_EXTENSION:
        days = [local_date(date.fromisoformat(data[f"due_day{end}"])) for end in ("_before", "")]
        lines.append(f"{days[0]} → {days[1]}")
    lines += [str(data[key]) for key in _TEXTS if data.get(key)]
    return "\n".join(lines)


_TEXTS = (
    "message",
    "note",
    "facts",
    "reason",
    "title",
    "name",
    "caption",
    "text",
    "task",
    "demand",
    "answer",
    "statement",
    "reasons",
)


def _actor(step: Step) -> str:
    party = Party(step.party).label
    return f"{step.actor.display_name} · {party}" if step.actor else str(party)


def _label(choices: type[TextChoices], value: str | None) -> str:
    """The words for a stored value; a value of another release stands for itself."""
    return str(choices(value).label) if value in choices.values else str(value or "")
