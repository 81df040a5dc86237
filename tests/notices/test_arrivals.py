"""The delay from acceptance to the first person's inbox: stored, and published once."""

import json
import uuid
from datetime import timedelta

import pytest

from huiyin.kernel import clock
from huiyin.log.models import Entry
from huiyin.notices import queries
from huiyin.notices.dispatcher import Dispatcher
from huiyin.notices.models import Delivery, FirstArrival, Outbox
from tests import factories
from tests.notices.support import Remembering, drain
from tests.support.clock import FrozenClock

pytestmark = pytest.mark.django_db


def test_the_first_arrival_is_published_once_a_matter(
    frozen_clock: FrozenClock, dispatcher: Dispatcher
) -> None:
    loop = factories.loop()
    frozen_clock.move_by(milliseconds=1234)
    drain(dispatcher)
    assert list(Delivery.objects.values_list("delay_ms", flat=True)) == [1234, 1234]
    entry = Entry.objects.get(kind="delivery")
    said = json.loads(entry.public)
    del said["v"]
    assert said == {
        "kind": "delivery",
        "matter": loop.matter.code,
        "organisation": loop.organisation.uscc,
        "region": loop.organisation.region.code,
        "day": "2024-03-04",
        "transport": "inbox",
        "delay_ms": 1234,
        "private": {},
    }
    assert FirstArrival.objects.get().matter == loop.matter


def test_later_steps_publish_no_delay(dispatcher: Dispatcher) -> None:
    loop = factories.loop()
    drain(dispatcher)
    factories._verify(loop)
    factories._plan(loop)
    factories._draft(loop)
    drain(dispatcher)
    assert Entry.objects.filter(kind="delivery").count() == 1
    assert Delivery.objects.count() == 3


def test_a_clock_that_runs_behind_makes_no_negative_delay(
    frozen_clock: FrozenClock, dispatcher: Dispatcher
) -> None:
    loop = factories.loop()
    loop.matter.opened_at += timedelta(seconds=2)
    loop.matter.save()
    Outbox.objects.update(accepted_at=clock.now() + timedelta(seconds=2))
    drain(dispatcher)
    assert FirstArrival.objects.get().delivery.delay_ms == 0


def test_delays_are_summed_up_by_nearest_rank(
    frozen_clock: FrozenClock, dispatcher: Dispatcher
) -> None:
    assert queries.delays(clock.now()) == queries.Delays(0, None, None)
    begin = clock.now()
    for milliseconds in (100, 300, 200):
        factories.loop()
        frozen_clock.move_by(milliseconds=milliseconds)
        drain(dispatcher)
    assert queries.delays(begin) == queries.Delays(3, 200, 300)
    assert queries.delays(clock.now() + timedelta(seconds=1)).arrivals == 0


def _by_email(frozen_clock: FrozenClock, count: int, milliseconds: int = 700) -> None:
    """So many matters whose handler is told by e-mail."""
    email = Remembering("email")
    outside = Dispatcher(remote=[email])
    for _matter in range(count):
        loop = factories.loop()
        told = Outbox.objects.get(staff=loop.handler)
        Outbox.objects.create(
            matter=told.matter,
            step=told.step,
            event=told.event,
            audience=told.audience,
            transport="email",
            staff=told.staff,
            delivery_key=f"{told.delivery_key}-email",
            accepted_at=told.accepted_at,
            created_at=told.created_at,
            next_attempt_at=told.created_at,
            tries_left=16,
        )
        frozen_clock.move_by(milliseconds=milliseconds)
        drain(outside)
    outside.close()


def test_the_first_arrival_by_another_transport_is_published_beside_it(
    frozen_clock: FrozenClock,
) -> None:
    _by_email(frozen_clock, 1)
    said = json.loads(Entry.objects.get(kind="arrival").public)
    assert (said["transport"], said["delay_ms"]) == ("email", 700)
    assert Entry.objects.filter(kind="delivery").count() == 1
    assert set(FirstArrival.objects.values_list("transport", flat=True)) == {"inbox", "email"}
    # A second person hears by e-mail: no longer the first.
    again = Outbox.objects.get(transport="email")
    again.pk, again.delivery_key, again.state = uuid.uuid4(), "again", "waiting"
    again.next_attempt_at = clock.now()
    again.save(force_insert=True)
    outside = Dispatcher(remote=[Remembering("email")])
    drain(outside)
    outside.close()
    assert Entry.objects.filter(kind="arrival").count() == 1
