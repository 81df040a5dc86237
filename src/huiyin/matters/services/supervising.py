"""督办: orders of the level above, with a clock of their own, and the unit's answers."""

from __future__ import annotations

from django.db import transaction

from huiyin.directory.models import Staff
from huiyin.kernel import clock
from huiyin.matters import engine
from huiyin.matters.errors import NotNow
from huiyin.matters.models import Matter, SupervisionOrder
from huiyin.matters.services.closing import close_when_done
from huiyin.matters.services.input import text_of
from huiyin.matters.table import Event


@transaction.atomic
def order(*, matter: Matter, staff: Staff, seen_version: int, demand: str) -> SupervisionOrder:
    """Demand something of the unit, to be answered by the supervision clock."""
    demand = text_of(demand, "demand")
    matter = engine.lock(matter, seen_version=seen_version)
    engine.take(
        matter,
        Event.ORDER,
        staff=staff,
        data={"demand": demand},
        private={"demand": demand},
    )
    return SupervisionOrder.objects.create(
        matter=matter, demand=demand, given_by=staff, given_at=clock.now()
    )


@transaction.atomic
def answer_order(
    *, matter: Matter, staff: Staff, seen_version: int, answer: str
) -> SupervisionOrder:
    """Answer the open order; a matter that waited for nothing else closes."""
    answer = text_of(answer, "answer")
    matter = engine.lock(matter, seen_version=seen_version)
    engine.take(
        matter,
        Event.ANSWER_ORDER,
        staff=staff,
        data={"answer": answer},
        private={"answer": answer},
    )
    found = matter.orders.filter(answered_at__isnull=True).first()
    if found is None:  # the table's guard has refused this
        raise NotNow
    found.answer, found.answered_by, found.answered_at = answer, staff, clock.now()
    found.save(update_fields=["answer", "answered_by", "answered_at"])
    close_when_done(matter)
    return found
