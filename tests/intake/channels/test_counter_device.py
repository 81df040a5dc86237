"""The device at a counter: woken, rated, left alone; and what its waker may learn."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from huiyin.intake.channels.counter_device import rating, stream, waking
from huiyin.intake.channels.counter_device.waking import State
from huiyin.intake.devices import errors, services
from huiyin.intake.devices.models import DetailRequest, Device, KeyLayout, Wake
from huiyin.kernel.problems import NotFound
from huiyin.matters.models import Matter
from huiyin.reviews.errors import TokenUsed
from huiyin.reviews.models import Channel, Integrator, Invitation, Review, ServiceEvent, Trust
from huiyin.reviews.receipts import Receipt
from huiyin.reviews.services import NewReview
from tests import factories
from tests.support.clock import FrozenClock

pytestmark = pytest.mark.django_db


def _awake(**more: Any) -> tuple[Device, ServiceEvent, Wake]:
    device, _key = factories.device(**more)
    event = factories.event(device.organisation)
    return device, event, waking.wake(device=device, event=event, integrator=event.integrator)


def _touch(device: Device, woken: Wake, level: int = 5, *tags: str, key: str = "") -> Receipt:
    said = NewReview(
        level=level,
        tags=tags,
        channel=Channel.COUNTER_DEVICE,
        idempotency_key=key or uuid.uuid4().hex,
    )
    return rating.rate(device=device, wake_id=woken.pk, review=said)


def test_a_touch_is_a_verified_review_of_the_service() -> None:
    device, event, woken = _awake()
    assert waking.awake(device) == woken

    receipt = _touch(device, woken, 4)

    review = Review.objects.get()
    assert (review.event, review.level, review.channel) == (event, 4, Channel.COUNTER_DEVICE)
    assert review.trust == Trust.VERIFIED
    assert receipt.code
    assert waking.awake(device) is None
    assert not Invitation.objects.exists()


def test_a_device_that_nobody_touches_yields_nothing_at_all(frozen_clock: FrozenClock) -> None:
    device, _event, woken = _awake()
    frozen_clock.move_by(seconds=125)

    assert waking.state_of(woken) == State.NOT_RATED
    assert waking.awake(device) is None
    assert not Review.objects.exists()
    assert not Matter.objects.exists()
    with pytest.raises(errors.NothingToRate):
        _touch(device, woken)
    assert not Review.objects.exists()


@pytest.mark.parametrize(("level", "tags", "after"), [(5, (), 1), (1, ("115",), 1), (1, (), 119)])
def test_the_waker_is_told_the_same_at_the_same_moment_whatever_the_rating(
    frozen_clock: FrozenClock, level: int, tags: tuple[str, ...], after: int
) -> None:
    device, _event, woken = _awake()
    told = []
    for second in range(126):
        if second == after:
            _touch(device, woken, level, *tags)
        told.append(waking.state_of(woken))
        frozen_clock.move_by(seconds=1)
    assert told == [State.WAITING] * 125 + [State.RATED]
    frozen_clock.move_by(days=3)
    assert waking.state_of(woken) == State.RATED


def test_waking_again_tells_nothing_of_when_the_rating_came(frozen_clock: FrozenClock) -> None:
    device, event, woken = _awake()
    _touch(device, woken)
    for _second in range(124):
        frozen_clock.move_by(seconds=1)
        again = waking.wake(device=device, event=event, integrator=event.integrator)
        assert (again.pk, again.told_at) == (woken.pk, woken.told_at)
        assert waking.state_of(again) == State.WAITING
    assert Wake.objects.count() == 1


def test_a_rating_by_the_link_at_home_is_no_business_of_the_counter(
    frozen_clock: FrozenClock,
) -> None:
    _device, event, woken = _awake()
    factories.review(event, level=5)
    frozen_clock.move_by(seconds=125)
    assert waking.state_of(woken) == State.NOT_RATED


def test_the_next_service_takes_the_place_of_the_one_that_is_shown() -> None:
    device, event, first = _awake()
    other = factories.event(device.organisation)
    second = waking.wake(device=device, event=other, integrator=other.integrator)
    assert waking.awake(device) == second
    assert waking.wake(device=device, event=event, integrator=event.integrator) == first
    assert waking.awake(device) == first


def test_a_service_is_rated_on_one_device_at_a_time() -> None:
    _device, event, _woken = _awake()
    elsewhere, _key = factories.device(event.organisation)
    with pytest.raises(errors.AwakeElsewhere):
        waking.wake(device=elsewhere, event=event, integrator=event.integrator)


def test_a_touch_that_is_sent_again_is_the_same_review() -> None:
    device, _event, woken = _awake()
    first = _touch(device, woken, 4, key="k")
    assert _touch(device, woken, 4, key="k").code == first.code
    with pytest.raises(TokenUsed):
        _touch(device, woken, 4, key="another")
    assert Review.objects.count() == 1


def test_what_another_device_shows_cannot_be_rated() -> None:
    _device, _event, woken = _awake()
    other, _key = factories.device()
    with pytest.raises(errors.NothingToRate):
        _touch(other, woken)


@pytest.mark.parametrize(("key", "level"), [("3", 5), ("2", 4), ("1", 3), ("0", 2), ("5", 1)])
def test_a_raw_key_is_read_by_the_layout_of_its_model(key: str, level: int) -> None:
    device, _event, _woken = _awake(layout=KeyLayout.objects.get())
    for _again in range(2):
        rating.press(device=device, key=key, press_id="p")
    review = Review.objects.get()
    assert (review.level, review.tags, review.text) == (level, [], "")
    assert DetailRequest.objects.count() == (1 if level < 3 else 0)


def test_a_key_that_the_model_does_not_have_is_refused() -> None:
    device, _event, _woken = _awake(layout=KeyLayout.objects.get())
    with pytest.raises(errors.KeyUnknown):
        rating.press(device=device, key="4", press_id="p")
    assert not Review.objects.exists()


def test_a_key_counts_only_within_the_window(frozen_clock: FrozenClock) -> None:
    layout = KeyLayout.objects.get()
    asleep, _key = factories.device(layout=layout)
    with pytest.raises(errors.NothingToRate):
        rating.press(device=asleep, key="3", press_id="p")
    device, _event, _woken = _awake(layout=layout)
    frozen_clock.move_by(seconds=60)
    with pytest.raises(errors.NothingToRate):
        rating.press(device=device, key="3", press_id="p")
    assert not Review.objects.exists()


def test_a_device_without_keys_presses_none() -> None:
    device, _event, _woken = _awake()
    with pytest.raises(errors.DeviceOfAnotherKind):
        rating.press(device=device, key="3", press_id="p")


def test_an_integrator_wakes_devices_of_its_region_for_services_it_pushed() -> None:
    device, event, _woken = _awake()
    own = event.integrator
    assert waking.device_for(own, device.pk) == device
    assert waking.event_for(own, event_id=event.pk) == event
    assert (
        waking.event_for(
            own, uscc=event.organisation.uscc, project_no=event.case.project_no, service_number=1
        )
        == event
    )
    elsewhere: Integrator = factories.integrator(at=factories.region("331100000000"))[0]
    with pytest.raises(NotFound):
        waking.device_for(elsewhere, device.pk)
    for other in (elsewhere, factories.integrator()[0]):
        with pytest.raises(errors.EventUnknown):
            waking.event_for(other, event_id=event.pk)
    for wrong in (
        {"uscc": "x", "project_no": event.case.project_no},
        {"uscc": event.organisation.uscc, "project_no": "x"},
        {"uscc": event.organisation.uscc, "project_no": event.case.project_no, "service_number": 2},
    ):
        with pytest.raises(errors.EventUnknown):
            waking.event_for(own, **wrong)
    kiosk, _key = factories.device(device.organisation, Device.Kind.KIOSK)
    with pytest.raises(errors.DeviceOfAnotherKind):
        waking.device_for(own, kiosk.pk)


# The stream


async def _next(events: AsyncIterator[str]) -> tuple[str, dict[str, Any]]:
    while True:
        frame = await asyncio.wait_for(anext(events), 10)
        if not frame.startswith(":"):
            fields = dict(line.split(": ", 1) for line in frame.strip().splitlines())
            return fields["event"], json.loads(fields["data"])


@pytest.mark.django_db(transaction=True)
def test_an_open_page_is_told_at_once() -> None:
    device, _key = factories.device()
    event, boss = factories.event(device.organisation), device.registered_by
    pusher = event.integrator

    async def follow() -> None:
        events = stream.events_for(device)
        assert await _next(events) == ("idle", {})
        waiting = asyncio.ensure_future(_next(events))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        woken = await sync_to_async(waking.wake)(device=device, event=event, integrator=pusher)
        kind, said = await asyncio.wait_for(waiting, 1)
        assert kind == "show"
        assert said["wake"] == str(woken.pk)
        assert said["service"]["zh_hans"] == "社会保障卡申领"
        assert 59 < said["seconds"] <= 60
        assert 119 < said["more_seconds"] <= 120
        await sync_to_async(services.revoke)(device=device, staff=boss)
        assert (await _next(events))[0] == "ended"
        assert [frame async for frame in events] == []

    asyncio.run(follow())


@pytest.mark.django_db(transaction=True)
def test_a_page_that_was_away_is_told_what_is_shown_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "LONGEST_SECONDS", -1.0)
    device, _event, woken = _awake()

    async def follow() -> list[str]:
        return [frame async for frame in stream.events_for(device)]

    [frame] = asyncio.run(follow())
    assert str(woken.pk) in frame
    assert "level" not in frame
