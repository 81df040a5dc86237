"""Whose matter it is: handing on, returning, assigning, and who of a unit works on it.

The clocks run on whoever has the matter: the citizen waits no longer for a wrong address.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from huiyin.directory.models import Organisation, Role, Staff
from huiyin.directory.queries import roles_over, staff_with
from huiyin.kernel import clock
from huiyin.kernel.problems import Invalid
from huiyin.matters import engine
from huiyin.matters.models import Assignment, Matter, Step
from huiyin.matters.services.input import text_of
from huiyin.matters.table import ClockKind, Event, State


@transaction.atomic
def hand_on(
    *, matter: Matter, staff: Staff, seen_version: int, unit: Organisation, reason: str
) -> Step:
    """The unit that has the matter sends it to the one it belongs to, with the reason."""
    reason = text_of(reason, "reason")
    matter = engine.lock(matter, seen_version=seen_version)
    need_another_unit(matter, unit)
    return _send(matter, Event.HAND_ON, staff, unit, reason)


@transaction.atomic
def return_matter(*, matter: Matter, staff: Staff, seen_version: int, reason: str) -> Step:
    """The unit says that the matter is not its own and leaves it to the level above to decide."""
    reason = text_of(reason, "reason")
    matter = engine.lock(matter, seen_version=seen_version)
    return engine.take(
        matter,
        Event.RETURN,
        staff=staff,
        data={"reason": reason},
        private={"reason": reason},
    )


@transaction.atomic
def assign(
    *, matter: Matter, staff: Staff, seen_version: int, unit: Organisation, reason: str
) -> Step:
    """The level above decides whose matter it is, for good.

    A returned matter may be assigned to the unit that returned it.
    """
    reason = text_of(reason, "reason")
    matter = engine.lock(matter, seen_version=seen_version)
    if matter.state != State.RETURNED or unit.pk != matter.organisation_id:
        need_another_unit(matter, unit)
    return _send(matter, Event.ASSIGN, staff, unit, reason)


@transaction.atomic
def give_to(*, matter: Matter, staff: Staff, seen_version: int, to: Staff | None) -> Step:
    """Name who works on the matter, a handler of its unit; None: whoever is on duty."""
    matter = engine.lock(matter, seen_version=seen_version)
    if to is not None and Role.HANDLER not in roles_over(to, matter.organisation):
        raise Invalid(_("Choose somebody who is on duty as a handler of this unit."), field="to")

    def change(changed: Matter) -> None:
        changed.handler = to

    return engine.take(
        matter,
        Event.GIVE_TO,
        staff=staff,
        data={"to": to.username if to else "", "name": to.display_name if to else ""},
        change=change,
    )


def need_another_unit(matter: Matter, unit: Organisation) -> None:
    """Raise ``Invalid`` unless ``unit`` is another one, in use, with somebody to handle it."""
    if unit.pk == matter.organisation_id:
        raise Invalid(_("The matter is with this unit already."), field="unit")
    if not unit.active or not staff_with(Role.HANDLER, unit).exists():
        raise Invalid(_("Nobody is on duty there to handle the matter."), field="unit")


def origin_of(matter: Matter) -> dict[str, Any]:
    """The unit that ``matter`` is about to leave, as the public entry of the move names it.

    ``callback`` tells whether a callback of that unit has been counted, and whether it came in
    time: the next unit calls back itself.
    """
    done = matter.clocks.filter(kind=ClockKind.CALLBACK, stopped_at__isnull=False).last()
    verified = matter.steps.filter(event=Event.VERIFY).last()
    moved = matter.steps.filter(event=Event.REDIRECT).last()
    counted = (
        verified is not None
        and (moved is None or moved.number < verified.number)
        and not verified.data.get("no_number")
    )
    return {
        "organisation": matter.organisation.uscc,
        "region": matter.organisation.region.code,
        "callback": done.in_time if done is not None and counted else None,
    }


def move(matter: Matter, unit: Organisation, *, reason: str) -> None:
    """Put the locked ``matter`` (saved by the step) into the hands of ``unit``; the trail stays.

    What the former unit began ends with it: who worked on it there, and an improvement shared
    with other matters.
    """
    now = clock.now()
    open_parts = matter.assignments.filter(until__isnull=True)
    open_parts.filter(part=Assignment.Part.LEAD).update(until=now)
    # A joint unit that takes the lead is no longer merely joint.
    open_parts.filter(organisation=unit).update(until=now)
    Assignment.objects.create(
        matter=matter, organisation=unit, part=Assignment.Part.LEAD, since=now, reason=reason
    )
    matter.organisation = unit
    matter.handler = None
    matter.improvement_of = None
    matter.moves += 1


def _send(matter: Matter, event: Event, staff: Staff, unit: Organisation, reason: str) -> Step:
    moves = unit.pk != matter.organisation_id
    sender = matter.organisation
    public = {"from": origin_of(matter), "to": unit.uscc} if moves else {"to": unit.uscc}

    def change(changed: Matter) -> None:
        if moves:
            move(changed, unit, reason=reason)

    return engine.take(
        matter,
        event,
        staff=staff,
        data={
            "reason": reason,
            "from": sender.uscc,
            "from_name": sender.name,
            "to": unit.uscc,
            "to_name": unit.name,
        },
        context={"unit": unit},
        public=public,
        private={"reason": reason},
        change=change,
    )
