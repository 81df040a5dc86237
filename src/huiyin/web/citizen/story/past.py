"""What happened: one sentence for every event of the transition table and every alarm of
a clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from operator import attrgetter

from django.utils.translation import gettext as _

from huiyin.matters.models import ContactAttempt, RootCause, Step
from huiyin.matters.table import Alarm, ClockKind, Event, Party
from huiyin.notices.alarms import Rung
from huiyin.web.citizen.story.parts import Item, Loop
from huiyin.web.templatetags.huiyin import local_date, local_due

Means, Outcome = ContactAttempt.Means, ContactAttempt.Outcome
# A row of these in a line says no more than the last of them.
_REPEATED = frozenset({Event.REACH_MILESTONE, Event.ADD_EVIDENCE, Event.CONTRIBUTE})
_MOVES = frozenset({Event.HAND_ON, Event.ASSIGN, Event.REDIRECT})


def past(loop: Loop) -> list[Item]:
    """Everything that happened, oldest first."""
    happened: list[Step | Rung] = [*loop.steps, *loop.alarms]
    told: list[tuple[Event | None, Item]] = []
    unit = loop.first_unit
    # Stable: what happened at one moment stays in its order, steps first.
    for one in sorted(happened, key=attrgetter("at")):
        # A sentence names the unit that was in charge then.
        then = replace(loop, unit=unit)
        if isinstance(one, Rung):
            told.append((None, ALARMS[one.alarm](then, one)))
            continue
        event = Event(one.event)
        told.append((event, SENTENCES[event](then, one)))
        if event in _MOVES:
            unit = loop.named(one, "to_name") or loop.unit
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
    if loop.voided and step.round not in loop.told_rounds:
        return _did(step, _("You were told of the ruling"), loop)
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
    words = {
        "sms": _("You answered %(unit)s by text message"),
        "hotline": _("You told the hotline, which told %(unit)s"),
    }
    said = words.get(step.data.get("via", ""), _("You wrote to %(unit)s"))
    return _did(step, said, loop, text=step.data.get("text", ""))


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


def _reminded(loop: Loop, rung: Rung) -> Item:
    words = {
        ClockKind.CALLBACK: _("%(unit)s was reminded to contact you by %(due)s")
        if loop.has_number
        else _("%(unit)s was reminded to find out by %(due)s what happened"),
        ClockKind.RECTIFICATION: _("%(unit)s was reminded to reply to you by %(due)s"),
        ClockKind.FOLLOW_UP: _("Reminder: you can rate again until %(due)s"),
        ClockKind.RULING: _("The arbiter was reminded to decide by %(due)s"),
        ClockKind.SUPERVISION: _("%(unit)s was reminded to answer the supervising body by %(due)s"),
    }[rung.clock]
    row = loop.clock(rung.clock, rung.round)
    return _rang(rung, words, loop, due=local_due(row.due_at if row else None))


def _breached(loop: Loop, rung: Rung) -> Item:
    words = {
        ClockKind.CALLBACK: _("%(unit)s did not contact you in time")
        if loop.has_number
        else _("%(unit)s did not find out in time what happened"),
        ClockKind.RULING: _("The arbiter did not decide in time"),
        ClockKind.SUPERVISION: _("%(unit)s did not answer the supervising body in time"),
    }.get(rung.clock, _("%(unit)s did not reply to you in time"))
    known = _("The delay is on record and the supervising body has been told.")
    return replace(_rang(rung, words, loop), text=known, state="late")


def _escalated(loop: Loop, rung: Rung) -> Item:
    return replace(_rang(rung, _("The delay was reported one level higher"), loop), state="late")


def _rang(rung: Rung, words: str, loop: Loop, **more: str) -> Item:
    return Item(words % {"unit": loop.unit, **more}, at=rung.at)


def _handed_on(loop: Loop, step: Step) -> Item:
    return _moved(loop, step, _("%(unit)s passed it on; now in charge: %(to)s"))


def _returned_matter(loop: Loop, step: Step) -> Item:
    return _did(
        step,
        _("%(unit)s says that it is not in charge, and asked the level above to decide"),
        loop,
    )


def _assigned(loop: Loop, step: Step) -> Item:
    return _moved(loop, step, _("The level above has decided; now in charge: %(to)s"))


def _moved(loop: Loop, step: Step, words: str, text: str = "") -> Item:
    unchanged = _("For you nothing changes: the same deadlines hold.")
    text = "\n".join(filter(None, (text, unchanged)))
    return _did(step, words, loop, text=text, to=loop.named(step, "to_name") or loop.unit)


def _given_to(loop: Loop, step: Step) -> Item:
    return _did(step, _("%(unit)s named who deals with it"), loop)


def _joined(loop: Loop, step: Step) -> Item:
    name = loop.named(step, "unit_name")
    words = _("Another unit was asked to help: %(name)s") if name else _("Another unit helps")
    return _did(step, words, loop, name=name)


def _released(loop: Loop, step: Step) -> Item:
    return _did(step, _("The other unit's help has ended"), loop)


def _contributed(loop: Loop, step: Step) -> Item:
    return _did(step, _("The unit that helps said what it has done"), loop)


def _stated_side(loop: Loop, step: Step) -> Item:
    return _did(step, _("%(unit)s put on record how it sees the matter"), loop)


def _merged(loop: Loop, step: Step) -> Item:
    return _did(
        step,
        _("%(unit)s puts the same fault right for several people at once"),
        loop,
        text=_("You still get an answer of your own."),
    )


def _split(loop: Loop, step: Step) -> Item:
    return _did(step, _("%(unit)s deals with your matter on its own again"), loop)


def _asked_extension(loop: Loop, step: Step) -> Item:
    return _did(step, _("%(unit)s asked the supervising body for more time"), loop)


def _granted_extension(loop: Loop, step: Step) -> Item:
    due, reason = step.data.get("due_day"), step.data.get("reason", "")
    lines = [
        _("New deadline: %(day)s, 24:00.") % {"day": local_date(date.fromisoformat(due))}
        if due
        else "",
        _("Why: %(reason)s") % {"reason": reason} if reason else "",
    ]
    return _did(
        step,
        _("The supervising body granted %(unit)s more time"),
        loop,
        text="\n".join(filter(None, lines)),
    )


def _refused_extension(loop: Loop, step: Step) -> Item:
    return _did(
        step,
        _("The supervising body granted no more time"),
        loop,
        text=_("The deadline stays as it was."),
    )


def _reported_fake(loop: Loop, step: Step) -> Item:
    settled = _("The matter was reopened at once. An arbiter outside the unit settles the claim.")
    return _did(
        step,
        _("You reported that it was only pretended to be put right"),
        loop,
        text="\n".join(filter(None, (_quoted(step.data.get("statement", "")), settled))),
    )


def _withdrew(loop: Loop, step: Step) -> Item:
    return _did(
        step,
        _("You withdrew the matter"),
        loop,
        text=_("Your review stays as it is, and is counted."),
    )


def _appealed(loop: Loop, step: Step) -> Item:
    ground = GROUNDS.get(step.data.get("ground", ""), GROUNDS["other"])()
    return _did(
        step,
        _("%(unit)s objects to your review: %(ground)s"),
        loop,
        text=_quoted(step.data.get("statement", "")),
        ground=ground,
    )


def _heard(loop: Loop, step: Step) -> Item:
    own = step.party == Party.CITIZEN
    words = _("You gave your side to the arbiter") if own else _("%(unit)s gave its side")
    return _did(step, words, loop, text=_quoted(step.data.get("text", "")))


def _recused(loop: Loop, step: Step) -> Item:
    return _did(
        step,
        _("An arbiter stepped back, to be impartial"),
        loop,
        text=_("Another arbiter takes over."),
    )


def _dismissed(loop: Loop, step: Step) -> Item:
    words = (
        _("Ruling: that it was only pretended could not be established")
        if step.data.get("side") == "citizen"
        else _("Ruling: the objection was dismissed, your review stands")
    )
    return _ruled(loop, step, words)


def _upheld(loop: Loop, step: Step) -> Item:
    words = (
        _("Ruling: it was only pretended to be put right")
        if step.data.get("side") == "citizen"
        else _("Ruling: the objection is justified; your review stays as it is")
    )
    return _ruled(loop, step, words)


def _voided(loop: Loop, step: Step) -> Item:
    return _ruled(
        loop,
        step,
        _("Ruling: your review is voided"),
        _("It stays visible as voided, with the reason, and is no longer counted in the figures."),
    )


def _redirected(loop: Loop, step: Step) -> Item:
    ruling = _ruled(loop, step, "")
    words = _("Ruling: another unit is in charge, %(to)s")
    return _moved(loop, step, words, ruling.text)


def _ruled(loop: Loop, step: Step, words: str, more: str = "") -> Item:
    by, reasons = loop.named(step, "arbiter_name"), step.data.get("reasons", "")
    lines = (
        more,
        _("Reasons: %(reasons)s") % {"reasons": reasons} if reasons else "",
        _("Decided by: %(arbiter)s") % {"arbiter": by} if by else "",
    )
    return _did(step, words, loop, text="\n".join(filter(None, lines)))


def _ordered(loop: Loop, step: Step) -> Item:
    return _did(step, _("The supervising body gave %(unit)s an order about it"), loop)


def _answered_order(loop: Loop, step: Step) -> Item:
    return _did(step, _("%(unit)s answered the supervising body"), loop)


def _recomputed(loop: Loop, step: Step) -> Item:
    return _did(
        step,
        _("A deadline was computed anew"),
        loop,
        text=_("The rules or the official holidays have changed."),
    )


def _quoted(text: str) -> str:
    return _("“%(text)s”") % {"text": text} if text else ""


# Callables: the words are those of the reader's language, not of the moment of import.
GROUNDS: Mapping[str, Callable[[], str]] = {
    "malicious": lambda: _("it says that the review is malicious"),
    "fake": lambda: _("it says that the review is not genuine"),
    "mistaken": lambda: _("it says that another unit was meant"),
    "wrong_level": lambda: _("it says that you pressed the wrong level"),
    "other": lambda: _("it has asked for a ruling"),
}


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
    Event.HAND_ON: _handed_on,
    Event.RETURN: _returned_matter,
    Event.ASSIGN: _assigned,
    Event.GIVE_TO: _given_to,
    Event.ADD_CO_UNIT: _joined,
    Event.END_CO_UNIT: _released,
    Event.CONTRIBUTE: _contributed,
    Event.STATE_SIDE: _stated_side,
    Event.MERGE: _merged,
    Event.SPLIT: _split,
    Event.ASK_EXTENSION: _asked_extension,
    Event.GRANT_EXTENSION: _granted_extension,
    Event.REFUSE_EXTENSION: _refused_extension,
    Event.REPORT_FAKE: _reported_fake,
    Event.WITHDRAW: _withdrew,
    Event.APPEAL: _appealed,
    Event.BE_HEARD: _heard,
    Event.RECUSE: _recused,
    Event.DISMISS: _dismissed,
    Event.UPHOLD: _upheld,
    Event.VOID: _voided,
    Event.REDIRECT: _redirected,
    Event.ORDER: _ordered,
    Event.ANSWER_ORDER: _answered_order,
    Event.RECOMPUTE: _recomputed,
}
ALARMS: Mapping[Alarm, Callable[[Loop, Rung], Item]] = {
    Alarm.WARN: _reminded,
    Alarm.BREACH: _breached,
    Alarm.ESCALATE: _escalated,
}
