"""What happened: one sentence for every event of the transition table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from django.utils.translation import gettext as _

from huiyin.matters.models import ContactAttempt, RootCause, Step
from huiyin.matters.table import ClockKind, Event
from huiyin.web.citizen.story.parts import Item, Loop
from huiyin.web.templatetags.huiyin import local_due

Means, Outcome = ContactAttempt.Means, ContactAttempt.Outcome
# A row of these in a line says no more than the last of them.
_REPEATED = frozenset({Event.REACH_MILESTONE, Event.ADD_EVIDENCE})


def past(loop: Loop) -> list[Item]:
    """Everything that happened, oldest first."""
    told = [(Event(step.event), SENTENCES[Event(step.event)](loop, step)) for step in loop.steps]
    return [
        item
        for place, (event, item) in enumerate(told)
        if not (event in _REPEATED and place + 1 < len(told) and told[place + 1][0] == event)
    ]


def _opened(loop: Loop, step: Step) -> Item:
    return _did(step, _("Your review has reached %(unit)s"), loop)


def _contacted(loop: Loop, step: Step) -> Item:
    means, outcome = step.data.get("means"), step.data.get("outcome")
    if means == Means.MESSAGE:
        words = (
            _("%(unit)s sent you a message, and you answered")
            if outcome == Outcome.REACHED
            else _("%(unit)s sent you a message")
        )
        return _did(step, words, loop, text=step.data.get("message", ""))
    words = {
        Outcome.REACHED.value: _("%(unit)s called you and spoke with you"),
        Outcome.NO_ANSWER.value: _("%(unit)s called you; nobody answered"),
        Outcome.BUSY.value: _("%(unit)s called you; the line was busy"),
        Outcome.UNAVAILABLE.value: _("%(unit)s called you; the call did not get through"),
        Outcome.DECLINED.value: _("%(unit)s called you; you did not wish to talk"),
    }.get(str(outcome), _("%(unit)s tried to reach you"))
    return _did(step, words, loop)


def _verified(loop: Loop, step: Step) -> Item:
    return _did(step, _("%(unit)s has verified what happened"), loop, ends=ClockKind.CALLBACK)


def _asked_unreachable(loop: Loop, step: Step) -> Item:
    return _did(
        step, _("%(unit)s could not reach you and asked the supervising body how to go on"), loop
    )


def _consented_unreachable(loop: Loop, step: Step) -> Item:
    return _did(
        step,
        _("The supervising body agreed to go on without having reached you"),
        loop,
        text=_("What you wrote is what counts. The reply will appear on this page."),
        ends=ClockKind.CALLBACK,
    )


def _refused_unreachable(loop: Loop, step: Step) -> Item:
    return _did(step, _("The supervising body told %(unit)s to keep trying to reach you"), loop)


def _planned(loop: Loop, step: Step) -> Item:
    cause = step.data.get("root_cause")
    known = cause in RootCause.values
    return _did(
        step,
        _("%(unit)s looked for the cause and made a plan"),
        loop,
        text=_("Cause: %(cause)s") % {"cause": RootCause(cause).label} if known else "",
    )


def _reached_milestone(loop: Loop, step: Step) -> Item:
    return _did(step, _("%(unit)s completed a step of its plan"), loop)


def _added_evidence(loop: Loop, step: Step) -> Item:
    return _did(step, _("%(unit)s filed proof of what was done"), loop)


def _drafted(loop: Loop, step: Step) -> Item:
    return _did(step, _("%(unit)s wrote a reply"), loop)


def _returned(loop: Loop, step: Step) -> Item:
    return _did(step, _("The reply did not pass the check and is being written anew"), loop)


def _approved(loop: Loop, step: Step) -> Item:
    words = (
        _("The reply passed the check by another person")
        if step.round == 1
        else _("The reply passed the check by the arbiter")
    )
    return _did(step, words, loop)


def _told(loop: Loop, step: Step) -> Item:
    words = _("%(unit)s replied to you") if step.round == 1 else _("%(unit)s replied to you again")
    item = _did(step, words, loop, ends=ClockKind.RECTIFICATION)
    return replace(item, reply=loop.reply(step.round))


def _confirmed(loop: Loop, step: Step) -> Item:
    item = _did(step, _("You rated again: you accept the result"), loop)
    return replace(item, level=loop.second_level)


def _objected(loop: Loop, step: Step) -> Item:
    item = _did(
        step,
        _("You rated again: you are still dissatisfied"),
        loop,
        text=_("The matter was reopened under supervision by the supervising body."),
    )
    return replace(item, level=loop.second_level)


def _declined(loop: Loop, step: Step) -> Item:
    return _did(
        step,
        _("You chose not to rate again"),
        loop,
        text=_("This does not count as satisfied."),
    )


def _expired(loop: Loop, step: Step) -> Item:
    return _did(
        step,
        _("The time to rate again is over"),
        loop,
        text=_("Silence does not count as satisfied."),
    )


def _wrote(loop: Loop, step: Step) -> Item:
    words = (
        _("You answered %(unit)s by text message")
        if step.data.get("via") == "sms"
        else _("You wrote to %(unit)s")
    )
    return _did(step, words, loop, text=step.data.get("text", ""))


def _ended_contact(loop: Loop, step: Step) -> Item:
    return _did(
        step,
        _("You asked not to be contacted any more"),
        loop,
        text=_("%(unit)s still has to put it right. The reply appears on this page.")
        % {"unit": loop.unit},
    )


def _did_close(loop: Loop, step: Step) -> Item:
    return _did(step, _("The matter is closed"), loop)


def _reminded(loop: Loop, step: Step) -> Item:
    words = {
        ClockKind.CALLBACK.value: _("%(unit)s was reminded to contact you by %(due)s"),
        ClockKind.RECTIFICATION.value: _("%(unit)s was reminded to reply to you by %(due)s"),
        ClockKind.FOLLOW_UP.value: _("Reminder: you can rate again until %(due)s"),
    }[step.data["clock"]]
    row = loop.clock(ClockKind(step.data["clock"]), step.round)
    return _did(step, words, loop, due=local_due(row.due_at if row else None))


def _breached(loop: Loop, step: Step) -> Item:
    words = (
        _("%(unit)s did not contact you in time")
        if step.data["clock"] == ClockKind.CALLBACK
        else _("%(unit)s did not reply to you in time")
    )
    item = _did(
        step, words, loop, text=_("The delay is on record and the supervising body has been told.")
    )
    return replace(item, state="late")


def _did(
    step: Step,
    words: str,
    loop: Loop,
    *,
    text: str = "",
    ends: ClockKind | None = None,
    **more: str,
) -> Item:
    """A thing done; when it ``ends`` a clock too late, it says so."""
    row = loop.clock(ends, step.round) if ends else None
    if row is not None and row.in_time is False:
        text = _("This was late: the deadline was %(due)s.") % {"due": local_due(row.due_at)}
    return Item(words % {"unit": loop.unit, **more}, at=step.at, text=text)


SENTENCES: Mapping[Event, Callable[[Loop, Step], Item]] = {
    Event.OPEN: _opened,
    Event.CONTACT: _contacted,
    Event.VERIFY: _verified,
    Event.ASK_UNREACHABLE: _asked_unreachable,
    Event.CONSENT_UNREACHABLE: _consented_unreachable,
    Event.REFUSE_UNREACHABLE: _refused_unreachable,
    Event.PLAN: _planned,
    Event.REACH_MILESTONE: _reached_milestone,
    Event.ADD_EVIDENCE: _added_evidence,
    Event.DRAFT_REPLY: _drafted,
    Event.RETURN_REPLY: _returned,
    Event.APPROVE_REPLY: _approved,
    Event.TELL: _told,
    Event.CONFIRM: _confirmed,
    Event.OBJECT: _objected,
    Event.DECLINE_FOLLOW_UP: _declined,
    Event.LET_FOLLOW_UP_EXPIRE: _expired,
    Event.CITIZEN_WRITES: _wrote,
    Event.END_CONTACT: _ended_contact,
    Event.CLOSE: _did_close,
    Event.WARN: _reminded,
    Event.BREACH: _breached,
}
