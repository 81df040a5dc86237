"""Somebody says no once, and then everything that asks citizens unasked is run."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from huiyin.directory.models import Organisation, Role
from huiyin.intake.channels.counter_device import rating, waking
from huiyin.intake.channels.hotline import errors
from huiyin.intake.channels.hotline import services as hotline
from huiyin.intake.channels.hotline.models import ListedCall
from huiyin.intake.devices import asking
from huiyin.intake.devices.models import DetailRequest, KeyLayout
from huiyin.intake.invitations import queries
from huiyin.intake.invitations.models import Kind, OptOut, Planned, Reply, State, Why
from huiyin.intake.invitations.services import opt_out
from huiyin.kernel import clock
from huiyin.matters.models import Matter
from huiyin.notices import relay
from huiyin.notices import services as notices
from huiyin.notices.models import RelayAttempt
from huiyin.notices.sms import services as sms
from huiyin.notices.transports import exchange
from tests import factories
from tests.intake.invitations import support
from tests.intake.invitations.support import Gateway
from tests.notices.support import ObedientRelay

pytestmark = pytest.mark.django_db

OTHER = "13900005678"


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Gateway:
    return support.use(Gateway(), monkeypatch)


@pytest.fixture
def telephone() -> Iterator[ObedientRelay]:
    made = ObedientRelay()
    before = relay.use(made)
    yield made
    relay.use(before)


def _no(mobile: str = factories.MOBILE) -> None:
    opt_out(support.hash_of(mobile), OptOut.Via.PAGE)


def _hotline() -> Organisation:
    above = factories.region(factories.PROVINCE)
    return factories.organisation("热线", at=above, kind=Organisation.Kind.HOTLINE)


def test_who_said_no_is_asked_by_nothing_and_their_neighbour_by_everything(
    gateway: Gateway, telephone: ObedientRelay, frozen_clock: Any
) -> None:
    body = _hotline()
    agent = factories.staff(Role.HANDLER, of=body)
    chief = factories.staff(Role.SUPERVISOR, of=body)
    support.ladder()
    mine, theirs = support.served(), support.served(mobile=OTHER)
    # A key at the counter, bad and without a word: a request for detail is due.
    device, _key = factories.device(layout=KeyLayout.objects.get())
    at_the_counter = factories.event(device.organisation)
    waking.wake(device=device, event=at_the_counter, integrator=at_the_counter.integrator)
    rating.press(device=device, key="5", press_id="p")
    support.plan()

    _no()
    frozen_clock.move_by(days=1)
    support.hand_over()
    asking.ask_due()
    frozen_clock.move_by(days=3)
    content, listed = hotline.export(staff=chief, kind="csv")
    taken = hotline.take_next(staff=agent)

    assert gateway.numbers == [OTHER]
    assert telephone.messages == []
    assert DetailRequest.objects.get().state == DetailRequest.State.NOT_SENT
    assert {one.event_id for one in queries.calls_due()} == {theirs.pk}
    assert listed == 1
    assert len(list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))) == 1
    assert not ListedCall.objects.filter(event=mine).exists()
    # What a centre was given is left to it for a day.
    assert taken is None
    assert Planned.objects.get(event=mine, rung=1).why == Why.OPTED_OUT


def _listed_and_exported() -> ListedCall:
    event = factories.event()
    hotline.list_calls([hotline.Wanted(event, clock.now() - timedelta(minutes=1))])
    hotline.export(staff=factories.staff(Role.SUPERVISOR, of=_hotline()), kind="csv")
    return ListedCall.objects.get(event=event)


def test_a_list_that_is_out_already_rings_nobody_who_says_no_afterwards(
    telephone: ObedientRelay,
) -> None:
    listed = _listed_and_exported()
    _no()
    with pytest.raises(errors.WantsNoCalls):
        hotline.place_for_centre(code=listed.code, line="05780000000")
    assert telephone.calls == []


def test_a_machine_that_rings_one_after_the_other_leaves_out_who_says_no_meanwhile(
    settings: Any, monkeypatch: pytest.MonkeyPatch, frozen_clock: Any
) -> None:
    settings.HUIYIN_IVR_URL, settings.HUIYIN_IVR_SECRET = "https://ivr.example/calls", "a" * 40
    for mobile in (factories.MOBILE, OTHER):
        event = factories.event(mobile=mobile)
        hotline.list_calls([hotline.Wanted(event, clock.now() - timedelta(minutes=1))])
    rung: list[bytes] = []

    def post(_url: str, _target: Any, *, body: bytes, **_more: Any) -> exchange.Answer:
        rung.append(body)
        # While the first is rung, both say no.
        _no()
        _no(OTHER)
        return exchange.Answer(202, b"", None)

    monkeypatch.setattr(exchange, "resolve", lambda _url: None)
    monkeypatch.setattr(exchange, "post", post)
    assert hotline.dial_due() == 1
    assert len(rung) == 1


def test_who_rates_after_saying_no_is_told_what_was_recorded_and_asked_nothing(
    gateway: Gateway, settings: Any, frozen_clock: Any
) -> None:
    settings.HUIYIN_SMS_SOURCE = "10690000"
    support.ladder(support.MESSAGE)
    planned = support.invited(clock.now() - timedelta(days=1))
    _no()
    sms.receive_sms(
        gateway="fake",
        from_number=factories.MOBILE,
        recipient=f"10690000{planned.extension}",
        text="1",
        reference="mo-1",
    )
    support.answer_everybody()
    reply = Reply.objects.get()
    assert (reply.kind, reply.state) == (Kind.CONFIRMED, State.HANDED)
    assert not RelayAttempt.objects.exists()


def test_ones_own_matter_goes_on_until_that_is_ended_too(telephone: ObedientRelay) -> None:
    loop = factories.loop()
    _no()
    notices.message_citizen(**loop.now(loop.handler), text="您好")
    assert len(telephone.messages) == 1
    assert Matter.objects.get().contact_ended_at is None
