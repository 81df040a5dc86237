"""How a matter stands beside its road: whose it is and was, more time, orders, one improvement."""

from __future__ import annotations

from typing import Any

from huiyin.directory.models import Organisation
from huiyin.matters.models import Assignment, Matter

_SUGGESTED = 300


def standing(matter: Matter) -> dict[str, Any]:
    """The context of desk/parts/standing.html; a fixed number of queries."""
    parts = list(matter.assignments.select_related("organisation").order_by("since"))
    return {
        "former": [part for part in parts if part.part == Assignment.Part.LEAD and part.until],
        "joint": [part for part in parts if part.part == Assignment.Part.JOINT],
        "extensions": list(matter.extensions.select_related("asked_by", "decided_by")),
        "orders": list(matter.orders.select_related("given_by", "answered_by")),
        "handler": matter.handler,
        "lead": matter.improvement_of,
        "sharing": list(matter.joined_to.order_by("opened_at")),
        "concerned": [row.staff for row in matter.concerned.select_related("staff")],
        "contact_ended_at": matter.contact_ended_at,
    }


def unit_names(matter: Matter) -> list[str]:
    """Names to suggest for another unit: those of the same region first, then of those above."""
    code = matter.organisation.region.code
    near = Organisation.objects.filter(active=True).exclude(pk=matter.organisation_id)
    here = near.filter(region__code=code).order_by("name").values_list("name", flat=True)
    names = list(here[:_SUGGESTED])
    if len(names) < _SUGGESTED:
        around = near.filter(region__code__startswith=code[:4]).exclude(region__code=code)
        names += around.order_by("name").values_list("name", flat=True)[: _SUGGESTED - len(names)]
    return names
