"""Business systems push the services they gave."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field, WithJsonSchema

from huiyin.api.auth import IntegratorKey
from huiyin.api.openapi import raises
from huiyin.api.v1.shapes import Body
from huiyin.intake.events import fields
from huiyin.intake.events.services import MAX_ROWS, take_in
from huiyin.kernel.problems import TooMany
from huiyin.kernel.throttle import Throttle
from huiyin.reviews.events import Outcome
from huiyin.reviews.models import Integrator

router = Router(tags=["events"], auth=IntegratorKey())
calls = Throttle(burst=100, per_minute=600, name="events")

# Each row answers for itself, so rows are judged one by one and not by the shape of the body.
Row = Annotated[Any, WithJsonSchema({"title": "Event", **fields.json_schema()})]


class NewEvents(Body):
    events: Annotated[list[Row], Field(min_length=1, max_length=MAX_ROWS)]


class FieldFault(Schema):
    field: str = Field(description="The field's name as it was sent; “(row)” for the whole row.")
    reason: str


class EventVerdict(Schema):
    index: int = Field(description="The row's place in the request, from 0.")
    verdict: Outcome
    event: UUID | None = Field(description="The event's key; null when rejected.")
    invitation: str | None = Field(description="The citizen's link, when the row asked for one.")
    errors: list[FieldFault] = Field(description="Everything that is wrong with a rejected row.")


class EventVerdicts(Schema):
    results: list[EventVerdict]
    created: int
    duplicate: int
    rejected: int


@router.post(
    "/events",
    response=EventVerdicts,
    operation_id="pushEvents",
    summary="Push service events",
    openapi_extra=raises(TooMany),
)
def push_events(request: HttpRequest, said: NewEvents) -> EventVerdicts:
    """Up to 1,000 service events in the field names of the national table, one verdict a row.

    Repeating a call is safe: an event that is known already comes out as `duplicate`, with its
    invitation link if the row asks for one. A rejected row never harms the others.
    """
    integrator: Integrator = request.auth  # type: ignore[attr-defined]
    calls.check(integrator.pk.hex)
    calls.spend(integrator.pk.hex)
    results = [
        EventVerdict(
            index=index,
            verdict=verdict.outcome,
            event=verdict.event,
            invitation=verdict.invitation,
            errors=[FieldFault(field=f.field, reason=f.reason) for f in verdict.faults],
        )
        for index, verdict in enumerate(take_in(said.events, integrator))
    ]
    outcomes = [result.verdict for result in results]
    return EventVerdicts(
        results=results, **{outcome.value: outcomes.count(outcome) for outcome in Outcome}
    )
