"""Where a matter stands and what comes next, read from the transition table for one actor."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from huiyin.directory.models import Role, Staff
from huiyin.directory.queries import staff_with
from huiyin.matters import guards, policy
from huiyin.matters.errors import Refused
from huiyin.matters.models import Matter
from huiyin.matters.queries import parties_of
from huiyin.matters.table import TRANSITIONS, Event, Party, State

# Guards that can be asked before anything is typed; the others judge what the form says.
_FORESEEABLE = frozenset(
    {
        guards.not_reopened_yet,
        guards.approver_decides,
        guards.supervisor_decides,
        guards.contact_is_wanted,
        guards.outside_the_unit,
        guards.extension_is_asked,
        guards.asked_before_it_is_due,
        guards.is_merged,
        guards.ruling_is_awaited,
        guards.arbiter_has_not_stepped_back,
        guards.an_order_is_open,
        guards.no_order_is_open,
        guards.may_be_handed_on,
        guards.may_be_returned,
        guards.was_reopened,
        guards.reached_the_citizen,
        guards.tried_often_enough,
        guards.another_person_than_the_author,
        guards.another_person_than_who_asked,
        guards.outside_the_line_of_command,
    }
)


def offers(staff: Staff, matter: Matter) -> dict[Event, str]:
    """The steps that ``staff`` may take now, each with what stands in its way ("" if nothing).

    A step that belongs to another actor, state or round is not there at all.
    """
    parties = parties_of(staff, matter)
    attempt = guards.Attempt(matter, staff, policy.read(matter.policy.document))
    offered: dict[Event, str] = {}
    for row in TRANSITIONS:
        if row.source != matter.state or not row.by & parties:
            continue
        try:
            if all(guard(attempt) for guard in row.guards if guard in _FORESEEABLE):
                offered[row.event] = ""
        except Refused as refused:
            offered[row.event] = str(refused)
    return offered


def is_turn(matter: Matter, offered: Container[Event]) -> bool:
    """Whether the matter waits for one of the steps ``offered``."""
    here = (row for row in TRANSITIONS if row.source == matter.state and not row.optional)
    return any(row.event in offered for row in here)


_ROAD: tuple[tuple[str | Promise, frozenset[State]], ...] = (
    (_("Delivered"), frozenset()),
    (_("Call back"), frozenset({State.DELIVERED, State.RETURNED, State.UNREACHABLE_ASKED})),
    (_("Plan"), frozenset({State.VERIFIED, State.REOPENED})),
    (_("Rectify"), frozenset({State.RECTIFYING})),
    (_("Approve"), frozenset({State.REPLY_DRAFTED})),
    (_("Tell the citizen"), frozenset({State.APPROVED})),
    (_("Citizen's word"), frozenset({State.TOLD})),
    (_("Closed"), frozenset({State.CLOSED})),
)


def progress(matter: Matter) -> list[dict[str, object]]:
    """The road as steps for components/steps.html."""
    here = next(place for place, (_title, states) in enumerate(_ROAD) if matter.state in states)
    if matter.state == State.CLOSED:
        here = len(_ROAD)
    return [
        {
            "title": title,
            "state": "done" if place < here else "now" if place == here else "next",
        }
        for place, (title, _states) in enumerate(_ROAD)
    ]


_WHAT_NEXT: dict[State, tuple[Party | None, str | Promise]] = {
    State.DELIVERED: (
        Party.HANDLER,
        _("Call the citizen back, listen, and record what the callback established."),
    ),
    State.UNREACHABLE_ASKED: (
        Party.SUPERVISOR,
        _("Agree that the citizen cannot be reached, or have the unit keep trying."),
    ),
    State.RETURNED: (
        Party.SUPERVISOR,
        _("Decide which unit has to deal with it; that decision holds."),
    ),
    State.VERIFIED: (Party.HANDLER, _("Find the root cause and plan the rectification.")),
    State.REOPENED: (
        Party.HANDLER,
        _("The citizen is still dissatisfied: find what was missed and plan again."),
    ),
    State.RECTIFYING: (
        Party.HANDLER,
        _("Carry out the plan, collect the evidence, and draft the reply to the citizen."),
    ),
    State.REPLY_DRAFTED: (
        Party.APPROVER,
        _("Read the reply as the citizen will, then approve it or send it back."),
    ),
    State.APPROVED: (
        Party.PLATFORM,
        _("The reply is approved; the platform is telling the citizen. Nothing to do."),
    ),
    State.TOLD: (
        Party.CITIZEN,
        _("The citizen may now say whether it has been solved. Nothing to do until then."),
    ),
    State.CLOSED: (None, _("This matter is closed.")),
}
_STAFF_PARTIES = frozenset({Party.HANDLER, Party.APPROVER, Party.SUPERVISOR, Party.ARBITER})
_NAMES_SHOWN = 3


@dataclass(frozen=True)
class Next:
    """Who has to act next, and with what."""

    who: str
    names: list[str]
    what: str | Promise
    is_reader: bool


def next_step(matter: Matter, staff: Staff, *, no_number: bool = False) -> Next:
    """What the matter waits for; ``no_number``: nobody can be called. At most one query."""
    party, what = _WHAT_NEXT[State(matter.state)]
    if matter.state == State.DELIVERED and no_number:
        what = _("The citizen left no number: find out what happened and record it.")
    if party is Party.APPROVER and matter.round > 1:
        party = Party.ARBITER
    if party is None:
        return Next("", [], what, is_reader=False)
    if party not in _STAFF_PARTIES:
        return Next(str(party.label), [], what, is_reader=False)
    people = list(staff_with(Role(party.value), matter.organisation)[: _NAMES_SHOWN + 1])
    names = [person.display_name for person in people]
    if len(names) > _NAMES_SHOWN:
        names = [*names[:_NAMES_SHOWN], "…"]
    return Next(str(party.label), names, what, is_reader=staff in people)
