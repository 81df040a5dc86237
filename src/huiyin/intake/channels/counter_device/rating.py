"""Ratings that come from the device at a counter: touched on its page, or a raw key.

The right is the event's own, made here for the moment: neither the device nor the counter's
software ever holds it. So the review is bound to one service (trust ``verified``).
"""

from __future__ import annotations

from uuid import UUID

from huiyin.intake.devices.asking import ask_for_detail
from huiyin.intake.devices.errors import DeviceOfAnotherKind, KeyUnknown, NothingToRate
from huiyin.intake.devices.models import Device, Wake
from huiyin.intake.lane import lane
from huiyin.kernel import clock
from huiyin.reviews.models import Channel, Review
from huiyin.reviews.receipts import Receipt
from huiyin.reviews.services import Given, NewReview
from huiyin.reviews.tokens import FIRST, Token


def rate(*, device: Device, wake_id: UUID, review: NewReview, language: str = "") -> Receipt:
    """Store what the citizen touched on the page for the wake that it shows.

    A bad rating without details is taken, and the citizen is asked for them. Raises
    ``NothingToRate``, or what is wrong with the review.
    """
    found = Wake.objects.select_related("event").filter(pk=wake_id, device=device).first()
    if found is None or found.closes_at <= clock.now():
        raise NothingToRate
    return _give(found, review, language)


def press(*, device: Device, key: str, press_id: str) -> None:
    """Store what a device with keys and no page sends: ``key`` as its model numbers it.

    Pressed again it counts once. Nothing is answered of what was stored: who reads the answer sits
    on the clerk's side. Raises ``DeviceOfAnotherKind``, ``KeyUnknown``, ``NothingToRate``, or what
    is wrong with the review.
    """
    if device.layout is None:
        raise DeviceOfAnotherKind
    level = device.layout.level_of(key)
    if level is None:
        raise KeyUnknown(field="key")
    found = _last(device)
    if found is None or found.window_ends_at <= clock.now():
        raise NothingToRate
    said = NewReview(level=level, channel=Channel.COUNTER_DEVICE, idempotency_key=press_id)
    _give(found, said, "")


def _last(device: Device) -> Wake | None:
    """What was woken last, whether or not it is rated already: a press that is repeated gets the
    answer of the first."""
    return Wake.objects.select_related("event").filter(device=device).order_by("-asked_at").first()


def _give(found: Wake, review: NewReview, language: str) -> Receipt:
    right = Token(found.event_id, found.organisation_id, FIRST, found.closes_at)
    receipt = lane.give(Given(right, review, language))
    if review.is_bad and not review.tags and not review.text:
        ask_for_detail(
            Review.objects.get(
                event=found.event_id, organisation_id=found.organisation_id, ordinal=FIRST
            )
        )
    return receipt
