"""What a notice says, in its reader's language: sentences by event, filled in on reading."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext_lazy, override
from django.utils.translation import gettext as _

from huiyin.kernel import clock
from huiyin.matters.kinds import Contact
from huiyin.matters.table import Alarm, ClockKind, Event, Party
from huiyin.notices import links, wordings
from huiyin.notices.models import (
    CONSEQUENCE,
    CONSEQUENCE_DECIDED,
    DIGEST,
    LEFT,
    Outbox,
    Template,
)

_TO_STAFF: dict[str, str | Promise] = {
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
    Event.HAND_ON: gettext_lazy(
        "Matter %(code)s has come to %(organisation)s from another unit; it is due by %(due)s."
    ),
    Event.RETURN: gettext_lazy(
        "Matter %(code)s: the unit says that it is not theirs. Please decide whose it is."
    ),
    Event.ASSIGN: gettext_lazy(
        "Matter %(code)s was assigned to %(organisation)s; it is due by %(due)s."
    ),
    Event.ADD_CO_UNIT: gettext_lazy("Matter %(code)s: another unit was asked to join in."),
    Event.END_CO_UNIT: gettext_lazy("Matter %(code)s: a joint unit has been released."),
    Event.CONTRIBUTE: gettext_lazy("Matter %(code)s: a joint unit has done its part."),
    Event.CITIZEN_WRITES: gettext_lazy("Matter %(code)s: the citizen has written."),
    Event.END_CONTACT: gettext_lazy(
        "Matter %(code)s: the citizen wants no more calls and messages."
    ),
    Event.ASK_EXTENSION: gettext_lazy(
        "Matter %(code)s: the unit asks for more time. Please decide before %(due)s."
    ),
    Event.GRANT_EXTENSION: gettext_lazy("Matter %(code)s: more time was granted, until %(due)s."),
    Event.REFUSE_EXTENSION: gettext_lazy(
        "Matter %(code)s: more time was refused; it stays due by %(due)s."
    ),
    Event.REPORT_FAKE: gettext_lazy(
        "Matter %(code)s was reopened: the citizen reports that nothing was put right. "
        "The new reply is due by %(due)s."
    ),
    Event.WITHDRAW: gettext_lazy("Matter %(code)s: the citizen has withdrawn the review."),
    Event.APPEAL: gettext_lazy(
        "Matter %(code)s: the unit has appealed. Please hear both sides and rule."
    ),
    Event.BE_HEARD: gettext_lazy("Matter %(code)s: the other side has been heard. Please rule."),
    Event.RECUSE: gettext_lazy(
        "Matter %(code)s: an arbiter has stepped aside. Please take the appeal over."
    ),
    Event.DISMISS: gettext_lazy("Matter %(code)s: the appeal was dismissed."),
    Event.UPHOLD: gettext_lazy("Matter %(code)s: the appeal was upheld."),
    Event.VOID: gettext_lazy("Matter %(code)s: the review was voided by a ruling."),
    Event.REDIRECT: gettext_lazy(
        "Matter %(code)s: by a ruling it is %(organisation)s that is responsible."
    ),
    Event.ORDER: gettext_lazy(
        "Matter %(code)s is under a supervision order. Please answer it; due by %(due)s."
    ),
    Event.ANSWER_ORDER: gettext_lazy(
        "Matter %(code)s: the unit has answered the supervision order."
    ),
    Alarm.ESCALATE: gettext_lazy(
        "Matter %(code)s of %(organisation)s: “%(clock)s” is still late and now before you."
    ),
    Event.RECOMPUTE: gettext_lazy(
        "Matter %(code)s: a deadline was computed anew; what comes next is due by %(due)s."
    ),
    Alarm.WARN: gettext_lazy("Matter %(code)s: “%(clock)s” is due by %(due)s."),
    Alarm.BREACH: gettext_lazy("Matter %(code)s: “%(clock)s” was due by %(due)s and is late."),
}
_TO_PARTY: dict[tuple[str, str], str | Promise] = {
    (Event.OPEN, Party.HANDLER.value): gettext_lazy(
        "Matter %(code)s has arrived. Please call the citizen back by %(due)s."
    ),
    (Event.ADD_CO_UNIT, Party.CO_HANDLER.value): gettext_lazy(
        "Matter %(code)s of %(organisation)s: your unit was asked to join in. "
        "The task is on the desk."
    ),
}
_TO_CITIZEN: dict[str, str | Promise] = {
    Event.APPROVE_REPLY: gettext_lazy(
        "%(unit)s has answered your review. You can say whether it is solved."
    ),
    Event.GRANT_EXTENSION: gettext_lazy(
        "%(unit)s was given more time to put right what you reviewed."
    ),
    Event.APPEAL: gettext_lazy("%(unit)s objects to your review. You can state your side."),
    **{
        event.value: gettext_lazy("A ruling on your review was made.")
        for event in (Event.DISMISS, Event.UPHOLD, Event.VOID, Event.REDIRECT)
    },
}
_NEWS = gettext_lazy("There is news about your review from %(unit)s.")
_OTHERWISE = gettext_lazy("Matter %(code)s: %(event)s.")
_DIGEST = gettext_lazy(
    "%(day)s: %(late)s late, %(due_today)s due today, %(to_decide)s waiting for your decision."
)
_TITLE = gettext_lazy("%(event)s: matter %(code)s")
_TITLES: dict[str, str | Promise] = {
    DIGEST: gettext_lazy("Your day, %(day)s"),
    CONSEQUENCE: gettext_lazy("A consequence about you is on record"),
    CONSEQUENCE_DECIDED: gettext_lazy("Your objection was decided"),
}
# What tells of no step of the table.
_OF_NO_STEP: dict[str, str | Promise] = {
    DIGEST: _DIGEST,
    LEFT: gettext_lazy(
        "Matter %(code)s is no longer your unit's: the arbiter ruled that it is "
        "%(organisation)s that is responsible. There is nothing left for you to do."
    ),
    CONSEQUENCE: gettext_lazy(
        "A consequence about you, from matter %(code)s, is on record. Its reason and term are on "
        "the desk. You may object until %(due)s."
    ),
    CONSEQUENCE_DECIDED: gettext_lazy(
        "Your objection to the consequence from matter %(code)s was decided. "
        "The answer is on the desk."
    ),
}


def for_staff(notice: Outbox) -> str:
    """The sentence for a member of staff, in the current language. Needs the matter's organisation
    loaded."""
    values = values_for(notice)
    said = _edited(notice, Template.Form.SHORT, values) or str(_sentence(notice)) % values
    if notice.payload.get("stands_in"):
        role = {"role": values["role"]}
        said += " " + _("You are told because nobody is on duty as %(role)s.") % role
    return said


def title_for_staff(notice: Outbox) -> str:
    """A few words to head the sentence, in the current language."""
    values = values_for(notice)
    edited = _edited(notice, Template.Form.TITLE, values)
    return edited or str(_TITLES.get(notice.event, _TITLE)) % values


def letter_for_staff(notice: Outbox) -> str:
    """The sentence and what to do now, for where there is room, such as an e-mail; in the current
    language. Paragraphs are set apart by empty lines."""
    values = values_for(notice)
    edited = _edited(notice, Template.Form.LONG, values)
    if edited:
        return edited
    what_now = _("Please sign in to the desk and open it there: %(url)s") % values
    return f"{for_staff(notice)}\n\n{what_now}"


def values_for(notice: Outbox) -> dict[str, str]:
    """What the placeholders of a wording stand for: these, and nothing personal. In the current
    language."""
    matter, payload = notice.matter, notice.payload
    kind, day = payload.get("clock", ""), payload.get("day", "")
    return {
        "code": matter.code if matter else "",
        "organisation": str(matter.organisation) if matter else "",
        "event": capfirst(notice.get_event_display()),
        "clock": str(ClockKind(kind).label) if kind else "",
        "due": _due(payload),
        "role": str(Party(notice.audience).label) if notice.audience in Party else "",
        "day": _day(date.fromisoformat(day)) if day else "",
        "due_today": str(payload.get("due_today", 0)),
        "late": str(payload.get("late", 0)),
        "to_decide": str(payload.get("to_decide", 0)),
        "url": links.url_of(notice),
    }


def _sentence(notice: Outbox) -> str | Promise:
    if notice.event in _OF_NO_STEP:
        return _OF_NO_STEP[notice.event]
    sentence = _TO_STAFF.get(notice.event, _OTHERWISE)
    return _TO_PARTY.get((notice.event, notice.audience), sentence)


def _edited(notice: Outbox, form: str, values: Mapping[str, str], audience: str = "") -> str:
    """What administrators of this installation say instead; empty when nothing."""
    told_as = audience or notice.audience
    text = wordings.text_for(notice.event, told_as, form, get_language() or "")
    return wordings.fill(text, values)


def for_citizen(notice: Outbox, contact: Contact) -> str:
    """The message to the citizen, in the language they chose."""
    with override(contact.language):
        values = {"unit": str(notice.about.organisation), "url": contact.status_url}
        edited = _edited(notice, Template.Form.SHORT, values, Party.CITIZEN)
        if edited:
            return edited
        said = str(_TO_CITIZEN.get(notice.event, _NEWS)) % values
        if contact.status_url:
            said += " " + _("Please see: %(url)s") % values
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
    return f"{_day(day)} {hour}"


def _day(day: date | datetime) -> str:
    # Translators: a date format of Django, month and day.
    return date_format(day, _("j F"))
