"""The transition table of the closed loop: who may do what when, and what follows.

Read it as prose: *in state S, event E by one of P leads to state T if the guards agree; these
clocks stop, these start; these people are told.* A row that is not here does not exist: asking for
it raises. ``services.py`` is the only reader that acts on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _

from huiyin.directory.models import Role
from huiyin.matters.guards import (
    Guard,
    an_order_is_open,
    another_person_than_the_author,
    another_person_than_who_asked,
    approver_decides,
    arbiter_has_not_stepped_back,
    arbiter_has_to_act,
    asked_before_it_is_due,
    both_sides_were_heard,
    can_be_extended,
    closing_rule,
    contact_is_wanted,
    every_milestone_has_its_day,
    extension_is_asked,
    follow_up_is_open,
    follow_up_is_settled,
    follow_up_is_to_be_asked,
    has_evidence,
    improvement_is_planned,
    is_merged,
    may_be_appealed,
    may_be_handed_on,
    may_be_returned,
    no_order_is_open,
    no_ruling_is_awaited,
    not_reopened_yet,
    outside_the_line_of_command,
    outside_the_unit,
    reached_the_citizen,
    ruling_is_awaited,
    supervises_both_units,
    supervisor_decides,
    tried_often_enough,
    was_reopened,
)


class State(models.TextChoices):
    DELIVERED = "delivered", _("delivered, citizen to be called")
    RETURNED = "returned", _("returned, another unit to be found")
    UNREACHABLE_ASKED = "unreachable_asked", _("said to be unreachable")
    VERIFIED = "verified", _("verified")
    RECTIFYING = "rectifying", _("being rectified")
    REPLY_DRAFTED = "reply_drafted", _("reply waits for approval")
    APPROVED = "approved", _("answer approved, citizen being told")
    TOLD = "told", _("citizen told")
    REOPENED = "reopened", _("reopened")
    CLOSED = "closed", _("closed")


class Event(models.TextChoices):
    OPEN = "open", _("opened")
    # Whose matter it is
    HAND_ON = "hand_on", _("handed on to another unit")
    RETURN = "return", _("returned as another unit's")
    ASSIGN = "assign", _("assigned to a unit")
    GIVE_TO = "give_to", _("given to a member of staff")
    ADD_CO_UNIT = "add_co_unit", _("another unit joined in")
    END_CO_UNIT = "end_co_unit", _("a joint unit was released")
    CONTRIBUTE = "contribute", _("joint unit contributed")
    STATE_SIDE = "state_side", _("own side stated")
    # Calling back
    CONTACT = "contact", _("contact attempted")
    CITIZEN_WRITES = "citizen_writes", _("citizen wrote")
    END_CONTACT = "end_contact", _("citizen ended the contact")
    VERIFY = "verify", _("facts verified")
    ASK_UNREACHABLE = "ask_unreachable", _("asked to record as unreachable")
    CONSENT_UNREACHABLE = "consent_unreachable", _("recorded as unreachable")
    REFUSE_UNREACHABLE = "refuse_unreachable", _("told to keep trying")
    # Rectifying
    PLAN = "plan", _("root cause found, rectification planned")
    MERGE = "merge", _("joined to an improvement")
    SPLIT = "split", _("taken out of an improvement")
    REACH_MILESTONE = "reach_milestone", _("milestone reached")
    ADD_EVIDENCE = "add_evidence", _("evidence added")
    ASK_EXTENSION = "ask_extension", _("extension asked for")
    GRANT_EXTENSION = "grant_extension", _("extension granted")
    REFUSE_EXTENSION = "refuse_extension", _("extension refused")
    # Replying
    DRAFT_REPLY = "draft_reply", _("reply drafted")
    RETURN_REPLY = "return_reply", _("reply sent back")
    APPROVE_REPLY = "approve_reply", _("reply approved")
    TELL = "tell", _("citizen told")
    # The citizen's word
    CONFIRM = "confirm", _("citizen is satisfied with the result")
    OBJECT = "object", _("citizen is still dissatisfied")
    REPORT_FAKE = "report_fake", _("citizen reported a faked rectification")
    DECLINE_FOLLOW_UP = "decline_follow_up", _("citizen declined the follow-up review")
    LET_FOLLOW_UP_EXPIRE = "let_follow_up_expire", _("follow-up review not given in time")
    WITHDRAW = "withdraw", _("withdrawn by the citizen")
    CLOSE = "close", _("closed")
    # Appeal and ruling
    APPEAL = "appeal", _("unit appealed")
    BE_HEARD = "be_heard", _("heard on the appeal")
    RECUSE = "recuse", _("arbiter stepped back")
    DISMISS = "dismiss", _("appeal dismissed")
    UPHOLD = "uphold", _("appeal upheld")
    VOID = "void", _("voided by ruling")
    REDIRECT = "redirect", _("sent to the right unit by ruling")
    # Supervision
    ORDER = "order", _("supervision order given")
    ANSWER_ORDER = "answer_order", _("supervision order answered")
    RECOMPUTE = "recompute", _("deadline computed anew")


class Alarm(models.TextChoices):
    """What a clock says when its time has come. Time is nobody's deed: an alarm is no step and
    changes no matter. It is a notice to everybody concerned, and a mark on the clock."""

    WARN = "warn", _("reminded")
    BREACH = "breach", _("overdue")
    ESCALATE = "escalate", _("raised to the level above")


class ClockKind(models.TextChoices):
    CALLBACK = "callback", _("call back")
    RECTIFICATION = "rectification", _("rectify and reply")
    FOLLOW_UP = "follow_up", _("follow-up review")
    RULING = "ruling", _("ruling")
    SUPERVISION = "supervision", _("answer the supervision order")


class Party(models.TextChoices):
    """Who acts. Staff act by the roles that their duties give them over the organisation."""

    HANDLER = Role.HANDLER.value, Role.HANDLER.label
    APPROVER = Role.APPROVER.value, Role.APPROVER.label
    SUPERVISOR = Role.SUPERVISOR.value, Role.SUPERVISOR.label
    ARBITER = Role.ARBITER.value, Role.ARBITER.label
    # A handler of a unit that was asked to join in.
    CO_HANDLER = "co_handler", _("handler of a joint unit")
    # Somebody whose own work the matter is about.
    CONCERNED = "concerned", _("clerk concerned")
    CITIZEN = "citizen", _("citizen")
    PLATFORM = "platform", _("platform")


@dataclass(frozen=True)
class Transition:
    source: State | None
    event: Event
    target: State
    by: frozenset[Party]
    guards: tuple[Guard, ...] = ()
    stops: frozenset[ClockKind] = frozenset()
    starts: frozenset[ClockKind] = frozenset()
    tells: frozenset[Party] = frozenset()
    # A new round begins: the loop is walked once more.
    reopens: bool = False
    # Somebody may take the step, but nobody waits for it.
    optional: bool = False


def _row(
    source: State | None,
    event: Event,
    target: State,
    by: Iterable[Party],
    *guards: Guard,
    stops: Iterable[ClockKind] = (),
    starts: Iterable[ClockKind] = (),
    tells: Iterable[Party] = (),
    reopens: bool = False,
    optional: bool = False,
) -> Transition:
    return Transition(
        source,
        event,
        target,
        frozenset(by),
        guards,
        frozenset(stops),
        frozenset(starts),
        frozenset(tells),
        reopens,
        optional,
    )


def _staying(
    states: Iterable[State],
    event: Event,
    by: Iterable[Party],
    *guards: Guard,
    **effects: Iterable[ClockKind] | Iterable[Party],
) -> Iterator[Transition]:
    """Rows that change no state: an optional step in each of ``states``."""
    for state in states:
        yield _row(state, event, state, by, *guards, optional=True, **effects)  # type: ignore[arg-type]


_HANDLER = {Party.HANDLER}
_APPROVER = {Party.APPROVER}
_SUPERVISOR = {Party.SUPERVISOR}
_ARBITER = {Party.ARBITER}
_CO_HANDLER = {Party.CO_HANDLER}
_CITIZEN = {Party.CITIZEN}
_PLATFORM = {Party.PLATFORM}

OPEN_STATES = tuple(state for state in State if state is not State.CLOSED)
# The unit is at work: the rectification clock runs.
AT_WORK = (
    State.DELIVERED,
    State.RETURNED,
    State.UNREACHABLE_ASKED,
    State.VERIFIED,
    State.RECTIFYING,
    State.REPLY_DRAFTED,
    State.REOPENED,
)
# Who has to act before a clock is due, and is reminded; nobody is pressed for a follow-up review.
MINDERS: dict[ClockKind, Party | None] = {
    ClockKind.CALLBACK: Party.HANDLER,
    ClockKind.RECTIFICATION: Party.HANDLER,
    ClockKind.SUPERVISION: Party.HANDLER,
    ClockKind.RULING: Party.ARBITER,
    ClockKind.FOLLOW_UP: None,
}
_WORK_CLOCKS = {ClockKind.CALLBACK, ClockKind.RECTIFICATION, ClockKind.SUPERVISION}

# fmt: off
TRANSITIONS: tuple[Transition, ...] = (
    # A bad review reaches the unit; the clocks run from the delivery.
    _row(None, Event.OPEN, State.DELIVERED, _PLATFORM,
         starts={ClockKind.CALLBACK, ClockKind.RECTIFICATION},
         tells={Party.HANDLER, Party.SUPERVISOR}),

    # The wrong unit: it hands the matter on once; after that the level above both decides, and
    # what it decides holds. The clocks run on: the citizen waits no longer for it.
    _row(State.DELIVERED, Event.HAND_ON, State.DELIVERED, _HANDLER,
         may_be_handed_on,
         tells={Party.HANDLER, Party.SUPERVISOR}, optional=True),
    _row(State.DELIVERED, Event.RETURN, State.RETURNED, _HANDLER,
         may_be_returned,
         tells={Party.SUPERVISOR}, optional=True),
    _row(State.RETURNED, Event.ASSIGN, State.DELIVERED, _SUPERVISOR,
         supervises_both_units,
         tells={Party.HANDLER}),
    _row(State.DELIVERED, Event.ASSIGN, State.DELIVERED, _SUPERVISOR,
         supervises_both_units,
         tells={Party.HANDLER}, optional=True),

    # Call back and verify.
    _row(State.DELIVERED, Event.CONTACT, State.DELIVERED, _HANDLER, contact_is_wanted),
    _row(State.DELIVERED, Event.VERIFY, State.VERIFIED, _HANDLER,
         reached_the_citizen,
         stops={ClockKind.CALLBACK}),

    # Nobody answers: three attempts at different times, and the supervisor agrees.
    _row(State.DELIVERED, Event.ASK_UNREACHABLE, State.UNREACHABLE_ASKED, _HANDLER,
         tried_often_enough,
         tells={Party.SUPERVISOR}),
    _row(State.UNREACHABLE_ASKED, Event.CONSENT_UNREACHABLE, State.VERIFIED, _SUPERVISOR,
         another_person_than_who_asked,
         stops={ClockKind.CALLBACK},
         tells={Party.HANDLER}),
    _row(State.UNREACHABLE_ASKED, Event.REFUSE_UNREACHABLE, State.DELIVERED, _SUPERVISOR,
         tells={Party.HANDLER}),

    # Find the root cause, plan backwards from the deadline, rectify.
    _row(State.VERIFIED, Event.PLAN, State.RECTIFYING, _HANDLER, every_milestone_has_its_day),
    _row(State.REOPENED, Event.PLAN, State.RECTIFYING, _HANDLER, every_milestone_has_its_day),
    _row(State.RECTIFYING, Event.CONTACT, State.RECTIFYING, _HANDLER, contact_is_wanted),
    _row(State.RECTIFYING, Event.REACH_MILESTONE, State.RECTIFYING, _HANDLER),
    _row(State.RECTIFYING, Event.ADD_EVIDENCE, State.RECTIFYING, {*_HANDLER, *_CO_HANDLER}),

    # Several matters about one fault: one improvement, and still an answer to each citizen.
    _row(State.VERIFIED, Event.MERGE, State.RECTIFYING, _HANDLER,
         improvement_is_planned,
         optional=True),
    _row(State.RECTIFYING, Event.SPLIT, State.VERIFIED, _HANDLER,
         is_merged,
         optional=True),

    # Reply: somebody else than the author approves, whom the policy names; after a reopening,
    # the arbiter does.
    _row(State.RECTIFYING, Event.DRAFT_REPLY, State.REPLY_DRAFTED, _HANDLER,
         approver_decides, not_reopened_yet, has_evidence,
         tells={Party.APPROVER}),
    _row(State.RECTIFYING, Event.DRAFT_REPLY, State.REPLY_DRAFTED, _HANDLER,
         supervisor_decides, not_reopened_yet, has_evidence,
         tells={Party.SUPERVISOR}),
    _row(State.RECTIFYING, Event.DRAFT_REPLY, State.REPLY_DRAFTED, _HANDLER,
         was_reopened, has_evidence,
         tells={Party.ARBITER}),
    _row(State.REPLY_DRAFTED, Event.RETURN_REPLY, State.RECTIFYING, _APPROVER,
         approver_decides, not_reopened_yet,
         tells={Party.HANDLER}),
    _row(State.REPLY_DRAFTED, Event.RETURN_REPLY, State.RECTIFYING, _SUPERVISOR,
         supervisor_decides, not_reopened_yet,
         tells={Party.HANDLER}),
    _row(State.REPLY_DRAFTED, Event.RETURN_REPLY, State.RECTIFYING, _ARBITER,
         was_reopened, outside_the_line_of_command, arbiter_has_not_stepped_back,
         tells={Party.HANDLER}),
    _row(State.REPLY_DRAFTED, Event.APPROVE_REPLY, State.APPROVED, _APPROVER,
         approver_decides, not_reopened_yet, another_person_than_the_author,
         tells={Party.CITIZEN}),
    _row(State.REPLY_DRAFTED, Event.APPROVE_REPLY, State.APPROVED, _SUPERVISOR,
         supervisor_decides, not_reopened_yet, another_person_than_the_author,
         tells={Party.CITIZEN}),
    _row(State.REPLY_DRAFTED, Event.APPROVE_REPLY, State.APPROVED, _ARBITER,
         was_reopened, another_person_than_the_author, outside_the_line_of_command,
         arbiter_has_not_stepped_back,
         tells={Party.CITIZEN}),
    _row(State.APPROVED, Event.TELL, State.TOLD, _PLATFORM,
         follow_up_is_to_be_asked,
         stops=_WORK_CLOCKS - {ClockKind.SUPERVISION}, starts={ClockKind.FOLLOW_UP}),
    _row(State.APPROVED, Event.TELL, State.TOLD, _PLATFORM,
         follow_up_is_settled,
         stops=_WORK_CLOCKS - {ClockKind.SUPERVISION}),

    # The citizen has the last word; silence is no praise.
    _row(State.TOLD, Event.CONFIRM, State.TOLD, _CITIZEN,
         follow_up_is_open,
         stops={ClockKind.FOLLOW_UP}, tells={Party.HANDLER}),
    _row(State.TOLD, Event.OBJECT, State.REOPENED, _CITIZEN,
         not_reopened_yet, follow_up_is_open,
         stops={ClockKind.FOLLOW_UP}, starts={ClockKind.RECTIFICATION},
         tells={Party.HANDLER, Party.SUPERVISOR}, reopens=True),
    _row(State.TOLD, Event.OBJECT, State.TOLD, _CITIZEN,
         was_reopened, follow_up_is_open,
         stops={ClockKind.FOLLOW_UP}, tells={Party.HANDLER, Party.SUPERVISOR}),
    # “They only pretended”: the loop reopens at once, and the arbiter settles whether it is true.
    _row(State.TOLD, Event.REPORT_FAKE, State.REOPENED, _CITIZEN,
         not_reopened_yet, follow_up_is_open, no_ruling_is_awaited,
         stops={ClockKind.FOLLOW_UP}, starts={ClockKind.RECTIFICATION, ClockKind.RULING},
         tells={Party.HANDLER, Party.SUPERVISOR, Party.ARBITER}, reopens=True),
    _row(State.TOLD, Event.DECLINE_FOLLOW_UP, State.TOLD, _CITIZEN,
         follow_up_is_open,
         stops={ClockKind.FOLLOW_UP}),
    _row(State.TOLD, Event.LET_FOLLOW_UP_EXPIRE, State.TOLD, _PLATFORM,
         follow_up_is_open,
         stops={ClockKind.FOLLOW_UP}),
    # Only the citizen can take a matter back; the review stays, and stays counted.
    *(_row(state, Event.WITHDRAW, State.TOLD, _CITIZEN,
           stops=_WORK_CLOCKS, tells={Party.HANDLER, Party.SUPERVISOR}, optional=True)
      for state in (*AT_WORK, State.APPROVED)),
    _row(State.TOLD, Event.CLOSE, State.CLOSED, _PLATFORM, closing_rule),

    # More time: asked before it is due, granted outside the unit, told to the citizen.
    *_staying(AT_WORK, Event.ASK_EXTENSION, _HANDLER,
              can_be_extended, asked_before_it_is_due,
              tells={Party.SUPERVISOR}),
    *_staying(AT_WORK, Event.GRANT_EXTENSION, _SUPERVISOR,
              extension_is_asked, outside_the_unit, asked_before_it_is_due,
              tells={Party.HANDLER, Party.CITIZEN}),
    *_staying(AT_WORK, Event.REFUSE_EXTENSION, _SUPERVISOR,
              extension_is_asked, outside_the_unit,
              tells={Party.HANDLER}),

    # The unit appeals, once and soon; the citizen is heard; the arbiter rules, with reasons.
    *_staying(AT_WORK, Event.APPEAL, _HANDLER,
              no_ruling_is_awaited, may_be_appealed,
              starts={ClockKind.RULING}, tells={Party.ARBITER, Party.CITIZEN}),
    *_staying(OPEN_STATES, Event.BE_HEARD, {*_HANDLER, *_CITIZEN},
              ruling_is_awaited,
              tells={Party.ARBITER}),
    *_staying(OPEN_STATES, Event.RECUSE, _ARBITER,
              arbiter_has_to_act, arbiter_has_not_stepped_back,
              tells={Party.ARBITER}),
    *_staying(OPEN_STATES, Event.DISMISS, _ARBITER,
              ruling_is_awaited, outside_the_line_of_command, arbiter_has_not_stepped_back,
              both_sides_were_heard,
              stops={ClockKind.RULING}, tells={Party.HANDLER, Party.SUPERVISOR, Party.CITIZEN}),
    *_staying(OPEN_STATES, Event.UPHOLD, _ARBITER,
              ruling_is_awaited, outside_the_line_of_command, arbiter_has_not_stepped_back,
              both_sides_were_heard,
              stops={ClockKind.RULING}, tells={Party.HANDLER, Party.SUPERVISOR, Party.CITIZEN}),
    *(_row(state, Event.VOID, State.APPROVED, _ARBITER,
           ruling_is_awaited, outside_the_line_of_command, arbiter_has_not_stepped_back,
           both_sides_were_heard,
           stops={*_WORK_CLOCKS, ClockKind.FOLLOW_UP, ClockKind.RULING},
           tells={Party.HANDLER, Party.SUPERVISOR, Party.CITIZEN}, optional=True)
      for state in OPEN_STATES),
    *(_row(state, Event.REDIRECT, State.DELIVERED, _ARBITER,
           ruling_is_awaited, outside_the_line_of_command, arbiter_has_not_stepped_back,
           both_sides_were_heard,
           stops={ClockKind.CALLBACK, ClockKind.RULING}, starts={ClockKind.CALLBACK},
           tells={Party.HANDLER, Party.SUPERVISOR, Party.CITIZEN}, optional=True)
      for state in AT_WORK),

    # Supervision orders have a clock of their own.
    *_staying(OPEN_STATES, Event.ORDER, _SUPERVISOR,
              no_order_is_open,
              starts={ClockKind.SUPERVISION}, tells={Party.HANDLER}),
    *_staying(OPEN_STATES, Event.ANSWER_ORDER, _HANDLER,
              an_order_is_open,
              stops={ClockKind.SUPERVISION}, tells={Party.SUPERVISOR}),

    # Working together.
    *_staying(OPEN_STATES, Event.GIVE_TO, {Party.HANDLER, Party.APPROVER, Party.SUPERVISOR}),
    *_staying(AT_WORK, Event.ADD_CO_UNIT, _SUPERVISOR,
              supervises_both_units,
              tells={Party.HANDLER, Party.CO_HANDLER}),
    *_staying(AT_WORK, Event.END_CO_UNIT, _SUPERVISOR, tells={Party.HANDLER}),
    *_staying(AT_WORK, Event.CONTRIBUTE, _CO_HANDLER, tells={Party.HANDLER}),
    *_staying(OPEN_STATES, Event.STATE_SIDE, {Party.HANDLER, Party.CONCERNED}),

    # The citizen may write at any time, and may ask to be left alone. A message that was on its way
    # to the citizen when the matter moved on is on record all the same.
    *_staying(State, Event.CONTACT, _PLATFORM),
    *_staying(OPEN_STATES, Event.CITIZEN_WRITES, _CITIZEN, tells={Party.HANDLER}),
    *_staying(OPEN_STATES, Event.END_CONTACT, _CITIZEN,
              contact_is_wanted,
              tells={Party.HANDLER}),

    *_staying(OPEN_STATES, Event.RECOMPUTE, _PLATFORM,
                        tells={Party.HANDLER}),
)
# fmt: on


_ROWS: dict[tuple[State | None, Event], list[Transition]] = {}
for _each in TRANSITIONS:
    _ROWS.setdefault((_each.source, _each.event), []).append(_each)


def rows(source: State | None, event: Event) -> list[Transition]:
    """The rows for ``event`` in ``source``; more than one where the guards tell them apart."""
    return list(_ROWS.get((source, event), ()))
