"""What does not work is left alone, loses no tries, and holds up nobody."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest

from huiyin.directory.models import Role
from huiyin.kernel import clock
from huiyin.notices import circuits
from huiyin.notices.dispatcher import Dispatcher
from huiyin.notices.models import Circuit, Outbox
from huiyin.notices.transports.base import Result
from tests import factories
from tests.notices.support import Receiver, Remembering, drain, endpoint_for

pytestmark = pytest.mark.django_db
DOWN = Result(delivered=False, error="no answer in time")


@pytest.fixture
def email() -> Remembering:
    return Remembering("email")


@pytest.fixture
def sms() -> Remembering:
    return Remembering("sms_http")


@pytest.fixture
def outside(email: Remembering, sms: Remembering) -> Iterator[Dispatcher]:
    made = Dispatcher(remote=[email, sms])
    yield made
    made.close()


def _notices(count: int, transport: str = "email") -> None:
    """So many notices for one member of staff, as the ladder writes them."""
    loop = factories.loop()
    told = Outbox.objects.get(staff=loop.handler, transport="inbox")
    for number in range(count):
        Outbox.objects.create(
            matter=told.matter,
            step=told.step,
            event=told.event,
            audience=told.audience,
            transport=transport,
            staff=told.staff,
            delivery_key=f"{told.delivery_key}-{transport}-{number}",
            accepted_at=told.accepted_at,
            created_at=told.created_at,
            next_attempt_at=told.created_at,
            tries_left=16,
        )


@contextmanager
def _at(moment: datetime) -> Iterator[None]:
    with clock.frozen(moment):
        yield


def test_after_some_failures_in_a_row_a_transport_is_left_alone_and_its_notices_wait(
    outside: Dispatcher, email: Remembering, sms: Remembering
) -> None:
    email.down = DOWN
    _notices(20)
    _notices(3, "sms_http")
    start = clock.now()
    with _at(start):
        drain(outside)
    circuit = Circuit.objects.get()
    assert (circuit.key, circuit.trips, circuit.last_error) == ("email", 1, "no answer in time")
    assert circuit.failures < 20
    assert len(sms.sent) == 3, "another transport has nothing to do with it"
    untried = Outbox.objects.filter(transport="email", attempts=0)
    assert untried.count() == 20 - circuit.failures
    assert all(notice.tries_left == 16 for notice in untried)
    assert {notice.next_attempt_at for notice in untried} == {circuit.open_until}


def test_one_notice_probes_and_the_others_follow_when_it_arrives(
    outside: Dispatcher, email: Remembering
) -> None:
    email.down = DOWN
    _notices(12)
    start = clock.now()
    with _at(start):
        drain(outside)
    first = Circuit.objects.get()
    assert first.open_until
    tries = Outbox.objects.filter(transport="email", attempts__gt=0).count()
    with _at(first.open_until):
        drain(outside)
    second = Circuit.objects.get()
    assert (second.trips, second.failures) == (2, first.failures + 1), "one probe, not all of them"
    assert second.open_until
    assert second.open_until > first.open_until

    email.down = None
    with _at(second.open_until):
        drain(outside)
    well = Circuit.objects.get()
    assert (well.open_until, well.failures, well.trips) == (None, 0, 0)
    with _at(second.open_until + timedelta(hours=1)):
        drain(outside)
    assert len(email.sent) == 12
    assert tries < 12


def test_a_probe_is_sent_by_one_dispatcher_at_a_time(
    outside: Dispatcher, email: Remembering, sms: Remembering
) -> None:
    email.down = DOWN
    _notices(12)
    start = clock.now()
    with _at(start):
        drain(outside)
    circuit = Circuit.objects.get()
    assert circuit.open_until
    email.gate.clear()
    other = Dispatcher(remote=[email, sms])
    with _at(circuit.open_until):
        assert outside._launch(email)
        assert not other._launch(email)
        email.gate.set()
        drain(outside)
    other.close()


def test_that_a_recipient_is_refused_says_nothing_of_the_transport(
    outside: Dispatcher, email: Remembering
) -> None:
    email.down = Result(delivered=False, error="no such mailbox", permanent=True)
    _notices(12)
    drain(outside)
    assert not Circuit.objects.exists()
    assert Outbox.objects.filter(transport="email", state="dead").count() == 12


def test_told_to_come_back_later_is_neither_a_failure_nor_a_try(
    outside: Dispatcher, email: Remembering
) -> None:
    email.down = Result(delivered=False, later=timedelta(minutes=2))
    _notices(6)
    start = clock.now()
    with _at(start):
        drain(outside)
    assert not Circuit.objects.exists()
    waiting = Outbox.objects.filter(transport="email")
    assert {notice.tries_left for notice in waiting} == {16}
    assert {notice.next_attempt_at for notice in waiting} == {start + timedelta(minutes=2)}


def test_an_endpoint_is_left_alone_and_its_neighbour_is_served(
    dispatcher: Dispatcher, make_receiver: Callable[[], Receiver]
) -> None:
    broken, well = make_receiver(), make_receiver()
    broken.answers = [500]
    unit = factories.organisation()
    factories.staff(Role.HANDLER, of=unit)
    factories.staff(Role.SUPERVISOR, of=unit)
    first, _secret = endpoint_for(broken, unit)
    endpoint_for(well, unit)
    for _matter in range(12):
        factories.review(factories.event(unit), level=1, text="不行。")
    drain(dispatcher)
    assert len(well.received) == 12
    assert circuits.LIMIT <= len(broken.received) <= circuits.LIMIT + 1
    assert Circuit.objects.get().key == f"webhook:{first.pk.hex}"

    broken.answers = [200]
    for _hour in range(3):
        with clock.frozen(clock.now() + timedelta(hours=_hour + 1)):
            drain(dispatcher)
    assert len(set(broken.keys)) == 12


@pytest.fixture
def silent() -> Iterator[str]:
    """A server that takes the connection and never says a word."""
    server = socket.create_server(("127.0.0.1", 0))
    held: list[socket.socket] = []
    ended = threading.Event()

    def hold() -> None:
        server.settimeout(0.1)
        while not ended.is_set():
            try:
                held.append(server.accept()[0])
            except TimeoutError:
                continue

    thread = threading.Thread(target=hold, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.getsockname()[1]}/hook"
    ended.set()
    thread.join()
    for connection in [*held, server]:
        connection.close()


def test_a_server_that_never_answers_blocks_nobody(
    dispatcher: Dispatcher, receiver: Receiver, silent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huiyin.notices.transports.webhook import transport

    monkeypatch.setattr(transport, "_SECONDS", 0.5)
    unit = factories.organisation()
    factories.staff(Role.HANDLER, of=unit)
    factories.staff(Role.SUPERVISOR, of=unit)
    endpoint_for(Receiver(silent), unit)
    endpoint_for(receiver, unit)
    for _matter in range(4):
        factories.review(factories.event(unit), level=1, text="不行。")
    for _round in range(50):
        dispatcher.round()
        if len(receiver.received) == 4:
            break
    assert len(receiver.received) == 4
    assert not Outbox.objects.filter(transport="inbox").exclude(state="delivered").exists()
    drain(dispatcher)
    failed = Outbox.objects.exclude(state="delivered")
    assert failed.count() == 4
    errors = set(failed.values_list("deliveries__error", flat=True))
    assert errors == {"no answer in time"}
