"""Putting ladders in force: a version is added, none is ever edited."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

import msgspec
from django.db import transaction

from huiyin.directory.models import Region, Staff
from huiyin.intake.invitations import ladder
from huiyin.intake.invitations.models import OPEN, Ladder, Planned, State, Watermark, Why
from huiyin.kernel import clock, ids, wakeup
from huiyin.kernel.problems import Invalid

# Rung when there is something to plan.
TOPIC = "invitations-plan"


@transaction.atomic
def add_ladder(
    *,
    jurisdiction: Region,
    valid_from: date,
    document: Any,
    valid_to: date | None = None,
    legal_basis: str = "",
    by: Staff | None = None,
) -> Ladder:
    """Add the next version of a jurisdiction's ladder.

    It holds for services that are completed from ``valid_from`` on, and what an earlier version
    planned stays planned, with one exception: a version without a rung that holds today withdraws
    it. Raises ``Invalid``.
    """
    try:
        rules = ladder.read(document)
    except msgspec.ValidationError as error:
        raise Invalid(str(error), field="document") from error
    if valid_to is not None and valid_to < valid_from:
        raise Invalid(field="valid_to")
    # Two administrators at once: the unique key of the version lets one of them try again.
    versions = Ladder.objects.filter(jurisdiction=jurisdiction)
    last = versions.order_by("-version").values_list("version", flat=True).first()
    added = Ladder.objects.create(
        jurisdiction=jurisdiction,
        version=(last or 0) + 1,
        valid_from=valid_from,
        valid_to=valid_to,
        legal_basis=legal_basis,
        document=document,
        author=by,
        created_at=clock.now(),
    )
    _look_again_from(valid_from)
    if not rules.rungs and valid_from <= clock.today():
        _withdraw(jurisdiction)
    wakeup.ring(TOPIC)
    return added


def _withdraw(jurisdiction: Region) -> None:
    Planned.objects.filter(ladder__jurisdiction=jurisdiction, state__in=OPEN).update(
        state=State.ENDED, why=Why.WITHDRAWN, next_at=None
    )


def _look_again_from(day: date) -> None:
    """Let the planner look at services that came in since ``day``, also at those it has passed."""
    first = ids.first_uuid7(datetime.combine(day, time(), clock.LOCAL))
    mark, made = Watermark.objects.select_for_update().get_or_create(
        pk=1, defaults={"event_id": first, "looked_at": clock.now()}
    )
    if not made and first < mark.event_id:
        mark.event_id = first
        mark.save(update_fields=["event_id"])
