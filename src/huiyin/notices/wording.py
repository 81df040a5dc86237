"""What a notice says, in its reader's language: sentences by event, filled in on reading."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from huiyin.kernel import clock
from huiyin.matters.kinds import Contact
from huiyin.matters.table import ClockKind, Event, Party
from huiyin.notices.models import Outbox

_TO_STAFF: dict[Event, str | Promise] = {
    Event.OPEN: gettext_lazy(
        "Matter %(code)s has reached %(organisation)s; the callback is due by %(due)s."
    ),
    Event.ASK_UNREACHABLE: gettext_lazy(
        "Matter %(code)s: the unit says that the citizen cannot be reached. Please decide."
    ),
    Event.CONSENT_UNREACHABLE: gettext_lazy(
        "Matter %(code)s is recorded as unreachable. Please plan the rectification; "
        "the reply is due by %(due)s."
    ),
    Event.REFUSE_UNREACHABLE: gettext_lazy(
        "Matter %(code)s: please keep trying to reach the citizen, by %(due)s."
    ),
    Event.DRAFT_REPLY: gettext_lazy(
        "Matter %(code)s: a reply waits for your approval, due by %(due)s."
    ),
    Event.RETURN_REPLY: gettext_lazy(
        "Matter %(code)s: the reply was sent back. Please revise it by %(due)s."
    ),
    Event.CONFIRM: gettext_lazy("Matter %(code)s: the citizen is satisfied with the result."),
    Event.OBJECT: gettext_lazy(
        "Matter %(code)s was reopened: the citizen is still dissatisfied. "
        "The new reply is due by %(due)s."
    ),
    Event.WARN: gettext_lazy("Matter %(code)s: “%(clock)s” is due by %(due)s."),
    Event.BREACH: gettext_lazy("Matter %(code)s: “%(clock)s” was due by %(due)s and is late."),
}
_TO_HANDLER: dict[Event, str | Promise] = {
    Event.OPEN: gettext_lazy(
        "Matter %(code)s has arrived. Please call the citizen back by %(due)s."
    ),
}
_OTHERWISE = gettext_lazy("Matter %(code)s: %(event)s.")


def for_staff(notice: Outbox) -> str:
    """The sentence for a member of staff, in the current language. Needs the matter's organisation
    loaded."""
    matter, payload = notice.matter, notice.payload
    event = Event(notice.event)
    sentence = _TO_STAFF.get(event, _OTHERWISE)
    if notice.audience == Party.HANDLER:
        sentence = _TO_HANDLER.get(event, sentence)
    kind = payload.get("clock", "")
    said = str(sentence) % {
        "code": matter.code,
        "organisation": matter.organisation,
        "event": event.label,
        "clock": ClockKind(kind).label if kind else "",
        "due": _due(payload),
    }
    if payload.get("stands_in"):
        role = Party(notice.audience).label
        said += " " + _("You are told because nobody is on duty as %(role)s.") % {"role": role}
    return said


def title_for_staff(notice: Outbox) -> str:
    """A few words to head the sentence, in the current language."""
    return _("%(event)s: matter %(code)s") % {
        "event": capfirst(Event(notice.event).label),
        "code": notice.matter.code,
    }


def for_citizen(notice: Outbox, contact: Contact) -> str:
    """The message to the citizen, in the language they chose."""
    with override(contact.language):
        unit = str(notice.matter.organisation)
        if notice.event == Event.APPROVE_REPLY:
            said = _("%(unit)s has answered your review. You can say whether it is solved.")
        else:
            said = _("There is news about your review from %(unit)s.")
        said %= {"unit": unit}
        if contact.status_url:
            said += " " + _("Please see: %(url)s") % {"url": contact.status_url}
        return said


def _due(payload: dict[str, str]) -> str:
    """The day and hour something is due. A day ends at 24:00, as people read a deadline."""
    if day := payload.get("due_day"):
        return _day_and_hour(date.fromisoformat(day), "24:00")
    moment = parse_datetime(payload.get("due") or "")
    if moment is None:
        return "–"
    local = clock.local(moment)
    if (local.hour, local.minute) == (0, 0):
        return _day_and_hour((local - timedelta(minutes=1)).date(), "24:00")
    return _day_and_hour(local.date(), f"{local:%H:%M}")


def _day_and_hour(day: date | datetime, hour: str) -> str:
    # Translators: a date format of Django, month and day.
    pattern = _("j F")
    return f"{date_format(day, pattern)} {hour}"
