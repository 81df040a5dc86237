"""Reviews of people on the spot, as the batch stores them: with a service event of their own.

Nobody pushed that event. It comes into being together with its review, under the visit's key, and
knows the place alone; that a visit is used once, the key sees to.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from huiyin.kernel import bulk, crypto
from huiyin.kernel.memo import Memo
from huiyin.reviews.giving import Given, NewReview
from huiyin.reviews.models import (
    Channel,
    Place,
    ReviewOrigin,
    ServiceEvent,
    Trust,
    VisitContact,
)
from huiyin.reviews.naming import seal_mobile
from huiyin.reviews.tokens import Visit

_HALL_NAME = ServiceEvent._meta.get_field("hall_name").max_length or 0


class Spot(NamedTuple):
    """What of a place goes into the reviews that are given there."""

    item_code: str
    service: str
    hall: str
    counter_id: UUID | None
    counter_number: str
    clerks_as_json: str
    trust: str
    revoked: bool


class Arrival(NamedTuple):
    """Somebody on the spot, in the form of a service that may be rated (``together._Served``)."""

    event_id: UUID
    organisation_id: UUID
    place_id: UUID
    spot: Spot

    @property
    def case(self) -> None:
        """Nothing is known of one."""

    @property
    def clerks_as_json(self) -> str:
        return self.spot.clerks_as_json

    @property
    def clerks(self) -> list[dict[str, str]]:
        found: list[dict[str, str]] = json.loads(self.spot.clerks_as_json)
        return found

    @property
    def item_code(self) -> str:
        return self.spot.item_code

    @property
    def item_name(self) -> str:
        return self.spot.service

    @property
    def trust(self) -> str:
        return self.spot.trust


def at_its_place(one: Given) -> Given:
    """The review of a visit, under the channel of the place: whoever brings it cannot say another,
    nor leave out what must be said there."""
    right = one.right
    if not isinstance(right, Visit):
        return one
    return one._replace(review=_on(one.review, right.channel))


def _on(review: NewReview, channel: Channel) -> NewReview:
    if review.channel == channel:
        return review
    return msgspec.structs.replace(review, channel=channel)


def arrivals(wanted: Mapping[UUID, Given], memo: Memo) -> list[Arrival]:
    """Those of ``wanted`` who are on the spot, at a place that takes reviews, and have not given
    theirs yet. No statement when nobody is; else one, and one for places not known yet."""
    visits = [one.right for one in wanted.values() if isinstance(one.right, Visit)]
    if not visits:
        return []
    spots = spots_of({visit.place_id for visit in visits}, memo)
    keys = [visit.visit_id for visit in visits]
    here = set(ServiceEvent.objects.filter(pk__in=keys).values_list("pk", flat=True))
    return [
        Arrival(visit.visit_id, visit.organisation_id, visit.place_id, spot)
        for visit in visits
        if visit.visit_id not in here
        and (spot := spots.get(visit.place_id)) is not None
        and not spot.revoked
    ]


def spots_of(places: set[UUID], memo: Memo) -> dict[UUID, Spot]:
    """What there is to know of ``places``; nothing of one that is not there."""
    missing = memo.missing("spot", places)
    if missing:
        found = Place.objects.select_related(
            "item", "clerk", "counter__organisation", "organisation"
        )
        known = {place.pk: _spot(place) for place in found.filter(pk__in=missing)}
        memo.learn("spot", ((key, known.get(key)) for key in missing))
    read = {key: memo.get("spot", key) for key in places}
    return {key: spot for key, spot in read.items() if spot is not None}


def _spot(place: Place) -> Spot:
    counter, clerk = place.counter, place.clerk
    clerks = [{"login": clerk.username, "name": clerk.display_name}] if clerk else []
    is_paper = place.kind == Channel.PAPER
    return Spot(
        item_code=place.item.code if place.item else "",
        service=place.item.name if place.item else place.label,
        hall=counter.organisation.name[:_HALL_NAME] if counter else "",
        counter_id=counter.pk if counter else None,
        counter_number=counter.number if counter else "",
        clerks_as_json=json.dumps(clerks),
        trust=(Trust.PAPER if is_paper else Trust.ON_SITE).value,
        revoked=place.revoked_at is not None,
    )


def store_events(arrived: Iterable[tuple[Arrival, Given]], now: datetime) -> None:
    """The service events of those who came, and how they can be reached. To be gathered with the
    reviews."""
    pairs = list(arrived)
    if not pairs:
        return
    bulk.insert(
        ServiceEvent,
        (
            *("id", "organisation", "place", "node_name", "occurred_at", "hall_name"),
            *("counter", "counter_number", "clerks"),
        ),
        [
            (
                *(one.event_id, one.organisation_id, one.place_id, one.spot.service),
                *(_served_at(given.review, now), one.spot.hall),
                *(one.spot.counter_id, one.spot.counter_number, one.spot.clerks_as_json),
            )
            for one, given in pairs
        ],
        same={
            "case": None,
            "integrator": None,
            "service_number": 0,
            "accepted_at": now,
            "online": False,
        },
    )
    bulk.insert(
        VisitContact,
        ("event", "mobile_sealed", "mobile_hash"),
        [
            (
                one.event_id,
                seal_mobile(mobile, one.event_id),
                crypto.lookup_hash(mobile, purpose="mobile"),
            )
            for one, given in pairs
            # Nobody is called about praise: what is not needed is not kept.
            if (mobile := given.review.mobile) and given.review.is_bad
        ],
    )


def store_origins(said: Sequence[tuple[UUID, NewReview]]) -> None:
    """What channels say of where reviews (by their keys) came from."""
    bulk.insert(
        ReviewOrigin,
        ("review", "sub_channel", "claimed_at", "reference"),
        [
            (key, review.sub_channel, review.claimed_at, review.reference)
            for key, review in said
            if review.has_origin
        ],
    )


def _served_at(review: NewReview, now: datetime) -> datetime:
    """When the citizen says that it was, as with services that are pushed; never in the future."""
    return min(review.claimed_at or now, now)
