"""Several matters about one fault: one improvement, and still an answer to each citizen.

Root cause, measures, milestones and evidence are those of the leading matter; every matter keeps
its own deadline, its own reply and its own citizen.
"""

from __future__ import annotations

from django.db import transaction

from huiyin.directory.models import Staff
from huiyin.matters import engine
from huiyin.matters.models import Matter, Step
from huiyin.matters.table import Event


@transaction.atomic
def merge(*, matter: Matter, staff: Staff, seen_version: int, lead: Matter) -> Step:
    """Let ``matter`` share the improvement that ``lead``, a matter of the same unit, has planned.

    Both rows are locked, in the order of their keys, so that nobody waits in a circle.
    """
    both = Matter.objects.select_for_update().filter(pk__in=[matter.pk, lead.pk])
    list(both.order_by("pk").values_list("pk"))
    matter, lead = engine.lock(matter, seen_version=seen_version), engine.lock(lead)

    def change(changed: Matter) -> None:
        changed.improvement_of = lead

    return engine.take(
        matter,
        Event.MERGE,
        staff=staff,
        data={"lead_code": lead.code},
        context={"lead": lead},
        public={"improvement": lead.code},
        change=change,
    )


@transaction.atomic
def split(*, matter: Matter, staff: Staff, seen_version: int) -> Step:
    """Take ``matter`` out of the shared improvement: it needs a plan of its own after all."""
    matter = engine.lock(matter, seen_version=seen_version)

    def change(changed: Matter) -> None:
        changed.improvement_of = None

    return engine.take(matter, Event.SPLIT, staff=staff, change=change)
