"""Channel adapters bring many reviews in one call: an SMS gateway, a hotline, a kiosk's queue."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from django.http import HttpRequest
from django.utils.translation import get_language
from ninja import Router, Schema
from pydantic import Field, StrictStr, ValidationError, WithJsonSchema

from huiyin.api.auth import AdapterKey
from huiyin.api.openapi import PROBLEM, raises
from huiyin.api.problems import invalid, refused_by_django
from huiyin.api.v1.reviews import MAX_KEY, Receipt, Said, review_of
from huiyin.api.v1.shapes import Body
from huiyin.intake.lane import lane
from huiyin.kernel.problems import Problem, TooMany
from huiyin.kernel.throttle import Throttle
from huiyin.reviews import receipts, services, tokens
from huiyin.reviews.models import Channel, ChannelAdapter

router = Router(tags=["reviews"], auth=AdapterKey())
MAX_REVIEWS = 500
calls = Throttle(burst=200, per_minute=3000, name="batches")


class OneOfMany(Said):
    idempotency_key: Annotated[
        StrictStr,
        Field(max_length=MAX_KEY, description="As the header Idempotency-Key of a single review."),
    ] = ""


# Each review answers for itself, so they are judged one by one and not by the shape of the body.
_One = Annotated[Any, WithJsonSchema(OneOfMany.model_json_schema())]


class NewReviews(Body):
    reviews: Annotated[list[_One], Field(min_length=1, max_length=MAX_REVIEWS)]


class ReviewVerdict(Schema):
    index: int = Field(description="The review's place in the request, from 0.")
    status: int = Field(description="What the same review would be answered by itself.")
    receipt: Receipt | None
    problem: Annotated[
        dict[str, Any] | None, WithJsonSchema({"anyOf": [PROBLEM, {"type": "null"}]})
    ] = Field(description="Why it was not stored; null when it was.")


class ReviewVerdicts(Schema):
    results: list[ReviewVerdict]
    accepted: int
    refused: int


@router.post(
    "/reviews/batch",
    response=ReviewVerdicts,
    operation_id="submitReviews",
    summary="Give many reviews",
    openapi_extra=raises(TooMany),
)
def submit_many(request: HttpRequest, said: NewReviews) -> ReviewVerdicts:
    """Up to 500 reviews that a channel brings, each under its own invitation token, with one
    verdict each. A review that is refused harms no other. The channel is the adapter's own.

    Repeating a call is safe where each review has an `idempotency_key` of its own.
    """
    adapter: ChannelAdapter = request.auth  # type: ignore[attr-defined]
    calls.check(adapter.pk.hex)
    calls.spend(adapter.pk.hex)
    verdicts: dict[int, services.Verdict] = {}
    given: dict[int, services.Given] = {}
    for index, one in enumerate(said.reviews):
        try:
            given[index] = _given(one, Channel(adapter.channel))
        except Problem as problem:
            verdicts[index] = problem
    verdicts |= dict(zip(given, lane.give_all(list(given.values())), strict=True))
    results = [_told(index, verdicts[index]) for index in range(len(said.reviews))]
    accepted = sum(result.receipt is not None for result in results)
    return ReviewVerdicts(results=results, accepted=accepted, refused=len(results) - accepted)


def _given(one: Any, channel: Channel) -> services.Given:
    """Raises a ``Problem``."""
    try:
        read = OneOfMany.model_validate(one)
    except ValidationError as error:
        told = error.errors(include_input=False, include_url=False)
        raise invalid({**fault, "loc": ("review", *fault["loc"])} for fault in told) from error
    return services.Given(
        tokens.read(read.token),
        review_of(read, channel=channel, key=read.idempotency_key),
        get_language() or "",
    )


def _told(index: int, verdict: services.Verdict) -> ReviewVerdict:
    if isinstance(verdict, receipts.Receipt):
        receipt = Receipt(**msgspec.to_builtins(verdict))
        return ReviewVerdict(index=index, status=201, receipt=receipt, problem=None)
    problem = verdict if isinstance(verdict, Problem) else refused_by_django(verdict)
    return ReviewVerdict(
        index=index, status=problem.status, receipt=None, problem=problem.as_dict()
    )
