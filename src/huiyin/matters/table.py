"""The transition table of the closed loop: who may do what when, and what follows.

Read it as prose: *in state S, event E by one of P leads to state T if the guards agree; these
clocks stop, these start; these people are told.* A row that is not here does not exist: asking for
it raises. ``services.py`` is the only reader that acts on it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _

from huiyin.directory.models import Role
from huiyin.matters.guards import (
    Guard,
    another_person_than_the_author,
    another_person_than_who_asked,
    closing_rule,
    every_milestone_has_its_day,
    follow_up_is_open,
    has_evidence,
    not_reopened_yet,
    outside_the_line_of_command,
    reached_the_citizen,
    tried_often_enough,
    was_reopened,
)


class State(models.TextChoices):
    DELIVERED = "delivered", _("delivered, citizen to be called")
    UNREACHABLE_ASKED = "unreachable_asked", _("said to be unreachable")
    VERIFIED = "verified", _("verified")
    RECTIFYING = "rectifying", _("being rectified")
    REPLY_DRAFTED = "reply_drafted", _("reply waits for approval")
    APPROVED = "approved", _("reply approved, citizen being told")
    TOLD = "told", _("citizen told")
    REOPENED = "reopened", _("reopened")
    CLOSED = "closed", _("closed")


class Event(models.TextChoices):
    OPEN = "open", _("opened")
    CONTACT = "contact", _("contact attempted")
    VERIFY = "verify", _("facts verified")
    ASK_UNREACHABLE = "ask_unreachable", _("asked to record as unreachable")
    CONSENT_UNREACHABLE = "consent_unreachable", _("recorded as unreachable")
    REFUSE_UNREACHABLE = "refuse_unreachable", _("told to keep trying")
    PLAN = "plan", _("root cause found, rectification planned")
    REACH_MILESTONE = "reach_milestone", _("milestone reached")
    ADD_EVIDENCE = "add_evidence", _("evidence added")
    DRAFT_REPLY = "draft_reply", _("reply drafted")
    RETURN_REPLY = "return_reply", _("reply sent back")
    APPROVE_REPLY = "approve_reply", _("reply approved")
    TELL = "tell", _("citizen told")
    CONFIRM = "confirm", _("citizen is satisfied with the result")
    OBJECT = "object", _("citizen is still dissatisfied")
    DECLINE_FOLLOW_UP = "decline_follow_up", _("citizen declined the follow-up review")
    LET_FOLLOW_UP_EXPIRE = "let_follow_up_expire", _("follow-up review not given in time")
    CLOSE = "close", _("closed")
    WARN = "warn", _("reminded")
    BREACH = "breach", _("overdue")


class ClockKind(models.TextChoices):
    CALLBACK = "callback", _("call back")
    RECTIFICATION = "rectification", _("rectify and reply")
    FOLLOW_UP = "follow_up", _("follow-up review")


class Party(models.TextChoices):
    """Who acts. Staff act by the roles that their duties give them over the organisation."""

    HANDLER = Role.HANDLER.value, Role.HANDLER.label
    APPROVER = Role.APPROVER.value, Role.APPROVER.label
    SUPERVISOR = Role.SUPERVISOR.value, Role.SUPERVISOR.label
    ARBITER = Role.ARBITER.value, Role.ARBITER.label
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
    )


_HANDLER = {Party.HANDLER}
_APPROVER = {Party.APPROVER}
_SUPERVISOR = {Party.SUPERVISOR}
_ARBITER = {Party.ARBITER}
_CITIZEN = {Party.CITIZEN}
_PLATFORM = {Party.PLATFORM}

OPEN_STATES = tuple(state for state in State if state is not State.CLOSED)

# fmt: off
TRANSITIONS: tuple[Transition, ...] = (
    # A bad review reaches the unit; the clocks run from the delivery.
    _row(None, Event.OPEN, State.DELIVERED, _PLATFORM,
         starts={ClockKind.CALLBACK, ClockKind.RECTIFICATION},
         tells={Party.HANDLER, Party.SUPERVISOR}),

    # Call back and verify.
    _row(State.DELIVERED, Event.CONTACT, State.DELIVERED, _HANDLER),
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
    _row(State.RECTIFYING, Event.CONTACT, State.RECTIFYING, _HANDLER),
    _row(State.RECTIFYING, Event.REACH_MILESTONE, State.RECTIFYING, _HANDLER),
    _row(State.RECTIFYING, Event.ADD_EVIDENCE, State.RECTIFYING, _HANDLER),

    # Reply: somebody else than the author approves; after a reopening, the arbiter does.
    _row(State.RECTIFYING, Event.DRAFT_REPLY, State.REPLY_DRAFTED, _HANDLER,
         not_reopened_yet, has_evidence,
         tells={Party.APPROVER}),
    _row(State.RECTIFYING, Event.DRAFT_REPLY, State.REPLY_DRAFTED, _HANDLER,
         was_reopened, has_evidence,
         tells={Party.ARBITER}),
    _row(State.REPLY_DRAFTED, Event.RETURN_REPLY, State.RECTIFYING, _APPROVER,
         not_reopened_yet,
         tells={Party.HANDLER}),
    _row(State.REPLY_DRAFTED, Event.RETURN_REPLY, State.RECTIFYING, _ARBITER,
         was_reopened, outside_the_line_of_command,
         tells={Party.HANDLER}),
    _row(State.REPLY_DRAFTED, Event.APPROVE_REPLY, State.APPROVED, _APPROVER,
         not_reopened_yet, another_person_than_the_author,
         tells={Party.CITIZEN}),
    _row(State.REPLY_DRAFTED, Event.APPROVE_REPLY, State.APPROVED, _ARBITER,
         was_reopened, another_person_than_the_author, outside_the_line_of_command,
         tells={Party.CITIZEN}),
    _row(State.APPROVED, Event.TELL, State.TOLD, _PLATFORM,
         not_reopened_yet,
         stops={ClockKind.RECTIFICATION}, starts={ClockKind.FOLLOW_UP}),
    _row(State.APPROVED, Event.TELL, State.TOLD, _PLATFORM,
         was_reopened,
         stops={ClockKind.RECTIFICATION}),

    # The citizen has the last word; silence is no praise.
    _row(State.TOLD, Event.CONFIRM, State.TOLD, _CITIZEN,
         follow_up_is_open,
         stops={ClockKind.FOLLOW_UP}, tells={Party.HANDLER}),
    _row(State.TOLD, Event.OBJECT, State.REOPENED, _CITIZEN,
         follow_up_is_open, not_reopened_yet,
         stops={ClockKind.FOLLOW_UP}, starts={ClockKind.RECTIFICATION},
         tells={Party.HANDLER, Party.SUPERVISOR}, reopens=True),
    _row(State.TOLD, Event.DECLINE_FOLLOW_UP, State.TOLD, _CITIZEN,
         follow_up_is_open,
         stops={ClockKind.FOLLOW_UP}),
    _row(State.TOLD, Event.LET_FOLLOW_UP_EXPIRE, State.TOLD, _PLATFORM,
         follow_up_is_open,
         stops={ClockKind.FOLLOW_UP}),
    _row(State.TOLD, Event.CLOSE, State.CLOSED, _PLATFORM, closing_rule),

    # Clocks speak in any open state and change none.
    *(_row(state, Event.WARN, state, _PLATFORM, tells={Party.HANDLER}) for state in OPEN_STATES),
    *(_row(state, Event.BREACH, state, _PLATFORM, tells={Party.HANDLER, Party.SUPERVISOR})
      for state in OPEN_STATES),
)
# fmt: on


def rows(source: State | None, event: Event) -> list[Transition]:
    """The rows for ``event`` in ``source``; more than one where the guards tell them apart."""
    return [row for row in TRANSITIONS if row.source == source and row.event == event]
