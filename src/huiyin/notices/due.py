"""What a day holds for somebody: late, due today, waiting for their decision."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from django.db.models import Count, Q

from huiyin.directory.models import Role, Staff
from huiyin.directory.queries import organisations_in_scope
from huiyin.matters.queries import visible_to, waiting_for

# Who is asked for decisions; a handler's work is counted by its deadlines.
DECIDING = (Role.APPROVER, Role.SUPERVISOR, Role.ARBITER)
ACTING = (Role.HANDLER, *DECIDING)


@dataclass(frozen=True)
class Day:
    late: int
    due_today: int
    to_decide: int

    def __bool__(self) -> bool:
        return any(asdict(self).values())


def day_of(staff: Staff, *, now: datetime, ends: datetime) -> Day:
    """The figures of ``staff`` at ``now`` for the day that ends at ``ends``. A few queries,
    however many matters."""
    roles = set(staff.duties.current().filter(role__in=ACTING).values_list("role", flat=True))
    mine = visible_to(staff).filter(
        closed_at__isnull=True,
        organisation__in=organisations_in_scope(staff, [Role(role) for role in sorted(roles)]),
    )
    counted = mine.aggregate(
        late=Count("pk", filter=Q(next_due_at__lte=now)),
        due_today=Count("pk", filter=Q(next_due_at__gt=now, next_due_at__lte=ends)),
    )
    decide = waiting_for(staff, roles & set(DECIDING))
    return Day(**counted, to_decide=visible_to(staff).filter(decide).count())
