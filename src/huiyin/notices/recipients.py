"""Who is told of a step: the staff on duty, and the systems that listen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet

from huiyin.directory.codes import region_lineage
from huiyin.directory.models import Organisation, Role
from huiyin.directory.queries import line_of_command, roles_with_people, staff_with
from huiyin.matters.models import Assignment, Matter
from huiyin.matters.table import Party
from huiyin.notices.models import WebhookEndpoint

# Who has to act comes first: somebody with two duties is told once, as the one who has to act.
_STAFF = (Party.HANDLER, Party.APPROVER, Party.ARBITER, Party.SUPERVISOR)


@dataclass(frozen=True)
class Recipient:
    """A member of staff, told as ``audience``; ``stands_in`` when nobody holds that role."""

    staff_id: UUID
    audience: str
    stands_in: bool


def staff_for(
    parties: Iterable[Party], organisation: Organisation
) -> tuple[list[Recipient], list[Party]]:
    """Whom of the staff to tell, each once, and the parties for which nobody at all is on duty.

    Where nobody holds a role over the organisation, its supervisors are told instead; duties in the
    bodies and regions above count, so this goes up the line by itself. One query.
    """
    wanted = [party for party in _STAFF if party in set(parties)]
    if not wanted:
        return [], []
    on_duty = _on_duty({*wanted, Party.SUPERVISOR}, organisation)
    told: dict[UUID, Recipient] = {}
    nobody = []
    for party in wanted:
        stands_in = not on_duty[party]
        people = on_duty[party] or on_duty[Party.SUPERVISOR]
        for staff_id in people:
            told.setdefault(staff_id, Recipient(staff_id, party, stands_in))
        if not people:
            nobody.append(party)
    return list(told.values()), nobody


def joint_staff_for(matter: Matter, *, unit: str = "") -> list[Recipient]:
    """The handlers of the units that were asked to join in, or of ``unit`` (credit code) alone.
    One query, and one for each unit."""
    joint = matter.assignments.filter(part=Assignment.Part.JOINT, until__isnull=True)
    if unit:
        joint = joint.filter(organisation__uscc=unit)
    told: dict[UUID, Recipient] = {}
    for assignment in joint.select_related("organisation__region"):
        for recipient in handlers_of(assignment.organisation, Party.CO_HANDLER):
            told.setdefault(recipient.staff_id, recipient)
    return list(told.values())


def handlers_of(organisation: Organisation, audience: str) -> list[Recipient]:
    """Its handlers, told as ``audience``. One query."""
    people = staff_with(Role.HANDLER, organisation).values_list("pk", flat=True)
    return [Recipient(staff_id, audience, stands_in=False) for staff_id in people]


def endpoints_for(organisation: Organisation) -> QuerySet[WebhookEndpoint]:
    """The active endpoints whose scope covers ``organisation``."""
    return WebhookEndpoint.objects.filter(
        Q(organisation__in=line_of_command(organisation))
        | Q(region__code__in=region_lineage(organisation.region.code)),
        active=True,
    )


def _on_duty(parties: set[Party], organisation: Organisation) -> dict[Party, list[UUID]]:
    found: dict[Party, dict[UUID, None]] = {party: {} for party in parties}
    wanted = [Role(party.value) for party in parties]
    for staff_id, role, path in roles_with_people(organisation, wanted):
        # No arbiter rules on their own line of command, nor sees its matters.
        in_line = path.startswith(organisation.path) or organisation.path.startswith(path)
        if role != Role.ARBITER or not in_line:
            # Two duties of one person are one person.
            found[Party(role)][staff_id] = None
    return {party: list(people) for party, people in found.items()}
