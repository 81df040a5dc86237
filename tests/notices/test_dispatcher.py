"""Delivering: at least once outside, exactly once inside, and nobody waits for anybody."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import wait
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from standardwebhooks.webhooks import Webhook

from huiyin.directory.models import Role
from huiyin.kernel import clock
from huiyin.matters.models import Matter
from huiyin.notices import dispatcher as dispatching
from huiyin.notices import queries, recording, services
from huiyin.notices.dispatcher import Dispatcher
from huiyin.notices.errors import NotDead
from huiyin.notices.models import Delivery, InboxItem, Outbox
from huiyin.notices.transports.inbox.transport import InboxTransport
from tests import factories
from tests.notices.support import Receiver, drain, endpoint_for, later

pytestmark = pytest.mark.django_db


def _webhook() -> Outbox:
    return Outbox.objects.get(transport="webhook")


def _hook(receiver: Receiver) -> str:
    """A matter of which ``receiver`` is to hear; the endpoint's secret."""
    unit = factories.organisation()
    factories.staff(Role.HANDLER, of=unit)
    factories.staff(Role.SUPERVISOR, of=unit)
    _endpoint, secret = endpoint_for(receiver, unit)
    factories.review(factories.event(unit), level=1, text="不行。")
    return secret


def test_a_webhook_carries_a_signature_that_others_can_verify(
    dispatcher: Dispatcher, receiver: Receiver
) -> None:
    secret = _hook(receiver)
    drain(dispatcher)

    [request] = receiver.received
    verified = Webhook(secret).verify(request.body, request.headers)
    matter = Matter.objects.get()
    assert verified["data"]["matter"] == matter.code
    assert verified["data"]["due"] is not None
    notice = _webhook()
    assert (notice.state, notice.attempts, notice.next_attempt_at) == ("delivered", 1, None)
    [delivery] = notice.deliveries.all()
    assert (delivery.outcome, delivery.status_code, delivery.number) == ("delivered", 204, 1)
    assert delivery.delay_ms is not None
    assert delivery.arrived_at == delivery.finished_at


def test_a_webhook_is_an_event_that_others_can_read(
    dispatcher: Dispatcher, receiver: Receiver
) -> None:
    _hook(receiver)
    drain(dispatcher)

    [request] = receiver.received
    read = from_http_event(HTTPMessage(request.headers, request.body))
    assert read.get_specversion() == "1.0"
    assert read.get_type() == "cn.huiyin.matter.opened"
    assert read.get_subject() == Matter.objects.get().code
    assert read.get_id() == request.key == _webhook().delivery_key
    assert read.get_source() == settings.HUIYIN_BASE_URL
    happened = read.get_time()
    assert happened is not None
    assert happened.tzinfo is not None
    data = read.get_data()
    assert isinstance(data, dict)
    assert data["event"] == "open"


def test_a_failed_webhook_is_tried_again_later_under_the_same_key(
    dispatcher: Dispatcher, receiver: Receiver
) -> None:
    _hook(receiver)
    receiver.answers = [503, 302, 200]
    drain(dispatcher)
    assert _webhook().state == "waiting"
    assert len(receiver.received) == 1
    drain(dispatcher)
    assert len(receiver.received) == 1, "not before its pause is over"
    for _try in range(2):
        with later():
            Outbox.objects.filter(state="waiting").update(next_attempt_at=clock.now())
            drain(dispatcher)
    assert len(set(receiver.keys)) == 1
    assert len(receiver.keys) == 3
    tries = _webhook().deliveries.values_list("number", "outcome", "status_code", "error")
    assert list(tries) == [
        (1, "failed", 503, "answered 503"),
        (2, "failed", 302, "answered 302"),
        (3, "delivered", 200, ""),
    ]


def test_the_pauses_double_and_are_never_the_same_for_all() -> None:
    pauses = [[recording._pause(failed).total_seconds() for _ in range(50)] for failed in (1, 4)]
    assert all(2.5 <= pause <= 5 for pause in pauses[0])
    assert all(20 <= pause <= 40 for pause in pauses[1])
    assert len(set(pauses[1])) > 1
    assert recording._pause(1000).total_seconds() <= 6 * 3600


def test_after_its_last_try_a_notice_is_a_dead_letter_that_can_be_sent_again(
    dispatcher: Dispatcher, receiver: Receiver, settings: Any
) -> None:
    settings.HUIYIN_NOTICE_TRIES = 2
    _hook(receiver)
    receiver.answers = [500, 500, 200]
    drain(dispatcher)
    with later():
        drain(dispatcher)
    letter = queries.dead_letters().get()
    assert letter.attempts == 2
    assert queries.dead_letter_count() == 1
    with later(days=30):
        drain(dispatcher)
    assert len(receiver.received) == 2

    services.replay_dead_letter(outbox=letter, by=factories.staff(Role.ADMINISTRATOR))
    drain(dispatcher)
    assert _webhook().state == "delivered"
    assert len(set(receiver.keys)) == 1
    assert list(letter.deliveries.values_list("number", flat=True)) == [1, 2, 3]
    with pytest.raises(NotDead):
        services.replay_dead_letter(outbox=letter, by=factories.staff(Role.ADMINISTRATOR))


def test_a_letter_to_nobody_goes_to_whoever_is_on_duty_when_it_is_sent_again(
    dispatcher: Dispatcher,
) -> None:
    unit = factories.organisation()
    factories.review(factories.event(unit), level=1, text="不行。")
    people = [factories.staff(Role.HANDLER, of=unit) for _ in range(2)]
    letter = queries.dead_letters().get(audience="handler")
    services.replay_dead_letter(outbox=letter, by=factories.staff(Role.ADMINISTRATOR))
    drain(dispatcher)
    assert {item.staff for item in InboxItem.objects.all()} == set(people)
    assert queries.dead_letters().get().audience == "supervisor"


def test_gone_means_gone(dispatcher: Dispatcher, receiver: Receiver) -> None:
    _hook(receiver)
    receiver.answers = [410]
    drain(dispatcher)
    assert _webhook().state == "dead"


def test_an_endpoint_that_was_switched_off_is_not_called(
    dispatcher: Dispatcher, receiver: Receiver
) -> None:
    _hook(receiver)
    notice = _webhook()
    assert notice.endpoint
    notice.endpoint.active = False
    notice.endpoint.save()
    drain(dispatcher)
    assert receiver.received == []
    assert _webhook().state == "dead"


def test_a_crash_between_sending_and_recording_sends_again_under_the_same_key(
    dispatcher: Dispatcher, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    _hook(receiver)

    def crash(*_: Any, **__: Any) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(recording, "came_of", crash)
        patch.setattr(recording, "arrived_there", crash)
        drain(dispatcher)
    assert len(receiver.received) == 1
    assert _webhook().deliveries.count() == 0
    drain(dispatcher)
    assert len(receiver.received) == 1, "the lease has not run out"
    with later(seconds=dispatching.LEASE.total_seconds() + 1):
        drain(dispatcher)
    assert len(receiver.received) == 2
    assert len(set(receiver.keys)) == 1
    assert _webhook().state == "delivered"
    # The first try left no delivery: nobody knows what came of it.
    assert list(_webhook().deliveries.values_list("number", flat=True)) == [2]


def test_what_cannot_be_recorded_is_not_sent_for_ever(
    dispatcher: Dispatcher, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.HUIYIN_NOTICE_TRIES = 2
    _hook(receiver)
    [transport] = [one for one in dispatcher._remote if one.code == "webhook"]

    def refuse(*_: Any) -> None:
        raise RuntimeError("what follows is impossible")

    monkeypatch.setattr(transport, "settle", refuse)
    for days in range(5):
        with later(days=days):
            drain(dispatcher)
    assert len(receiver.received) == 2
    assert _webhook().state == "dead"


def test_a_slow_endpoint_holds_up_neither_the_inbox_nor_other_endpoints(
    dispatcher: Dispatcher, make_receiver: Callable[[], Receiver]
) -> None:
    slow, quick = make_receiver(), make_receiver()
    slow.gate.clear()
    unit = factories.organisation()
    handler = factories.staff(Role.HANDLER, of=unit)
    factories.staff(Role.SUPERVISOR, of=unit)
    endpoint_for(slow, unit)
    for _matter in range(12):
        factories.review(factories.event(unit), level=1, text="不行。")
    other = factories.organisation()
    factories.staff(Role.HANDLER, of=other)
    factories.staff(Role.SUPERVISOR, of=other)
    endpoint_for(quick, other)
    factories.review(factories.event(other), level=1, text="不行。")

    for _round in range(50):
        dispatcher.round()
        if quick.received and InboxItem.objects.filter(staff=handler).count() == 12:
            break
    assert len(quick.received) == 1
    assert InboxItem.objects.filter(staff=handler).count() == 12
    assert 1 <= len(slow.received) <= 2, "no more than an endpoint may hold"
    slow.gate.set()
    drain(dispatcher)
    assert len(slow.received) == len(set(slow.keys)) == 12


def test_a_notice_that_cannot_be_stored_holds_up_nobody(
    dispatcher: Dispatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = factories.loop()
    bad = Outbox.objects.get(staff=loop.handler)
    deliver = InboxTransport.deliver

    def choke(self: InboxTransport, notices: list[Outbox]) -> list[InboxItem]:
        if bad in notices:
            raise ValueError("bad row")
        return deliver(self, notices)

    monkeypatch.setattr(InboxTransport, "deliver", choke)
    drain(dispatcher)
    assert InboxItem.objects.get().staff == loop.supervisor
    bad.refresh_from_db()
    assert (bad.state, bad.attempts) == ("waiting", 1)
    monkeypatch.undo()
    with later():
        drain(dispatcher)
    assert InboxItem.objects.filter(staff=loop.handler).count() == 1


def test_a_round_with_nothing_to_do_asks_once(
    dispatcher: Dispatcher, django_assert_num_queries: Any
) -> None:
    factories.loop()
    drain(dispatcher)
    with django_assert_num_queries(1):
        assert not dispatcher.round()


def test_delivering_a_batch_takes_a_fixed_number_of_queries(
    dispatcher: Dispatcher, django_assert_max_num_queries: Any
) -> None:
    unit = factories.organisation()
    for _ in range(10):
        factories.staff(Role.HANDLER, of=unit)
    factories.staff(Role.SUPERVISOR, of=unit)
    factories.review(factories.event(unit), level=1, text="不行。")
    with django_assert_max_num_queries(20):
        dispatcher.round()
    assert InboxItem.objects.count() == 11


def test_recording_arrivals_takes_the_same_statements_however_many_they_are(
    dispatcher: Dispatcher, make_receiver: Callable[[], Receiver]
) -> None:
    unit = factories.organisation()
    factories.staff(Role.HANDLER, of=unit)
    factories.staff(Role.SUPERVISOR, of=unit)

    def statements(endpoints: int) -> int:
        for _ in range(endpoints):
            endpoint_for(make_receiver(), unit)
        factories.review(factories.event(unit), level=1, text="不行。")
        dispatcher._launch(dispatcher._remote[0])
        wait(dispatcher._flights)
        with CaptureQueriesContext(connection) as captured:
            assert dispatcher._land()
        return len(captured)

    assert statements(1) == statements(6)
    assert Delivery.objects.filter(outcome="delivered").count() == 1 + 7


@pytest.mark.django_db(transaction=True)
def test_two_dispatchers_at_once_never_deliver_to_an_inbox_twice() -> None:
    unit = factories.organisation()
    people = [factories.staff(Role.HANDLER, of=unit) for _ in range(3)]
    factories.staff(Role.SUPERVISOR, of=unit)
    for _matter in range(8):
        factories.review(factories.event(unit), level=1, text="不行。")
    together = threading.Barrier(3)
    failed: list[Exception] = []

    def work() -> None:
        mine = Dispatcher()
        try:
            together.wait()
            drain(mine)
        except Exception as error:
            failed.append(error)
        finally:
            mine.close()
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert failed == []
    assert InboxItem.objects.count() == Delivery.objects.count() == 8 * 4
    assert not Outbox.objects.exclude(state="delivered").exists()
    for staff in people:
        numbers = InboxItem.objects.filter(staff=staff).values_list("number", flat=True)
        assert sorted(numbers) == list(range(1, 9)), "gap-free, in the order of commits"


@pytest.mark.django_db(transaction=True)
def test_two_dispatchers_at_once_send_each_webhook_once(receiver: Receiver) -> None:
    unit = factories.organisation()
    factories.staff(Role.HANDLER, of=unit)
    factories.staff(Role.SUPERVISOR, of=unit)
    endpoint_for(receiver, unit)
    for _matter in range(6):
        factories.review(factories.event(unit), level=1, text="不行。")

    def work() -> None:
        mine = Dispatcher()
        drain(mine)
        mine.close()
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(receiver.keys) == len(set(receiver.keys)) == 6


def test_a_demo_whose_clock_was_moved_still_signs_with_the_time_of_day(
    dispatcher: Dispatcher, receiver: Receiver
) -> None:
    clock.set_offset(timedelta(days=30))
    secret = _hook(receiver)
    drain(dispatcher)
    [request] = receiver.received
    # The verification refuses what is older or newer than five minutes.
    Webhook(secret).verify(request.body, request.headers)


def test_the_body_is_the_same_at_every_try(dispatcher: Dispatcher, receiver: Receiver) -> None:
    _hook(receiver)
    receiver.answers = [500, 200]
    drain(dispatcher)
    with later():
        drain(dispatcher)
    first, second = receiver.received
    assert first.body == second.body
    assert json.loads(first.body)["data"]["state"] == "delivered"
    assert int(second.headers["webhook-timestamp"]) > datetime.now(UTC).timestamp()
