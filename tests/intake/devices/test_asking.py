"""A bad rating by key is asked about once, by SMS, unless the citizen wants no messages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from huiyin.intake.channels.counter_device import rating, waking
from huiyin.intake.devices import asking
from huiyin.intake.devices.models import DetailRequest, KeyLayout
from huiyin.intake.invitations.models import OptOut
from huiyin.intake.invitations.services import opt_out
from huiyin.matters import services as matters
from huiyin.matters.models import Matter
from huiyin.notices import relay
from huiyin.notices.models import RelayAttempt
from huiyin.notices.sms import numbers
from huiyin.reviews.models import Review, ReviewContent
from tests import factories
from tests.notices.support import ObedientRelay
from tests.support.clock import FrozenClock

pytestmark = pytest.mark.django_db
State = DetailRequest.State


@pytest.fixture
def gateway() -> Iterator[ObedientRelay]:
    made = ObedientRelay()
    before = relay.use(made)
    yield made
    relay.use(before)


def _pressed(key: str = "5") -> Matter:
    device, _key = factories.device(layout=KeyLayout.objects.get())
    event = factories.event(device.organisation)
    waking.wake(device=device, event=event, integrator=event.integrator)
    rating.press(device=device, key=key, press_id="p")
    return Matter.objects.get()


def _state() -> str:
    state: str = DetailRequest.objects.get().state
    return state


def test_the_citizen_is_asked_once(gateway: ObedientRelay) -> None:
    matter = _pressed()
    for _round in range(3):
        asking.ask_for_detail(Review.objects.get())
        assert not asking.ask_due()

    [(to, text, _key)] = gateway.messages
    assert "/s/" in text
    assert str(matter.organisation) in text
    assert "满意" not in text
    assert to == factories.MOBILE
    assert _state() == State.SENT
    assert RelayAttempt.objects.get().outcome == RelayAttempt.Outcome.PLACED
    assert not ReviewContent.objects.exists()  # nothing was made up


def test_who_ended_the_contact_is_left_alone(gateway: ObedientRelay) -> None:
    matters.end_contact(matter=_pressed(), via="sms")
    asking.ask_due()
    assert not gateway.messages
    assert _state() == State.NOT_SENT


def test_who_opted_out_is_left_alone(gateway: ObedientRelay) -> None:
    opt_out(numbers.hash_of(factories.MOBILE), OptOut.Via.PAGE)
    _pressed()
    asking.ask_due()
    assert not gateway.messages
    assert _state() == State.NOT_SENT


def test_a_gateway_that_is_down_is_tried_again_for_an_hour(
    gateway: ObedientRelay, frozen_clock: FrozenClock
) -> None:
    _pressed()
    gateway.down = True
    for _quarter in range(6):
        asking.ask_due()
        frozen_clock.move_by(minutes=15)
    assert RelayAttempt.objects.filter(outcome=RelayAttempt.Outcome.FAILED).count() == 4
    assert _state() == State.NOT_SENT


def test_a_gateway_that_is_back_asks_in_time(
    gateway: ObedientRelay, frozen_clock: FrozenClock
) -> None:
    _pressed()
    gateway.down = True
    asking.ask_due()
    gateway.down = False
    asking.ask_due()
    assert not gateway.messages  # not at once again
    frozen_clock.move_by(minutes=15)
    asking.ask_due()
    assert len(gateway.messages) == 1


def test_a_good_rating_is_asked_nothing(gateway: ObedientRelay) -> None:
    device, _key = factories.device(layout=KeyLayout.objects.get())
    event = factories.event(device.organisation)
    waking.wake(device=device, event=event, integrator=event.integrator)
    rating.press(device=device, key="3", press_id="p")
    asking.ask_for_detail(Review.objects.get())
    asking.ask_due()
    assert not DetailRequest.objects.exists()
    assert not gateway.messages
