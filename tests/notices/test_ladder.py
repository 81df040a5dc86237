"""One channel after the other until somebody has read it, and nobody in their sleep."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from huiyin.directory.models import Role, Staff
from huiyin.kernel import clock
from huiyin.kernel.clock import LOCAL
from huiyin.matters.models import Matter
from huiyin.matters.table import State
from huiyin.notices import ladder, services
from huiyin.notices.dispatcher import Dispatcher
from huiyin.notices.models import Channel, Outbox, Receipt
from huiyin.notices.transports import registry
from tests import factories
from tests.notices.support import Remembering, drain

pytestmark = pytest.mark.django_db

# A Tuesday.
MORNING = datetime(2026, 11, 24, 10, 0, tzinfo=LOCAL)
EVENING = datetime(2026, 11, 24, 22, 0, tzinfo=LOCAL)


def at(moment: datetime, **after: float) -> AbstractContextManager[None]:
    return clock.frozen(moment + timedelta(**after))


@pytest.fixture
def remote(monkeypatch: pytest.MonkeyPatch) -> dict[str, Remembering]:
    """Transports that do what they are told, in memory."""
    made = {code: Remembering(code) for code in ("zwding", "email", "sms_http")}
    made["zwding"].actions = frozenset(Outbox.Action.values)
    monkeypatch.setattr(registry, "REMOTE", tuple(made.values()))
    return made


@pytest.fixture
def outside(remote: dict[str, Remembering]) -> Iterator[Dispatcher]:
    made = Dispatcher(remote=remote.values())
    yield made
    made.close()


def _with_channels(staff: Staff, *transports: str, wait: int = 30) -> None:
    addresses = {"email": "li@example.gov.cn", "zwding": "account-7", "sms_http": "13900000000"}
    for place, transport in enumerate(transports, 1):
        services.give_address(
            staff=staff, transport=transport, address=addresses[transport], by=staff
        )
        services.arrange(
            staff=staff, choices=[services.Choice(transport, place, wait, active=True)]
        )


def _opened(moment: datetime = MORNING, *transports: str) -> Staff:
    """A handler with ``transports`` who was just told of a matter."""
    unit = factories.organisation()
    handler = factories.staff(Role.HANDLER, of=unit)
    factories.staff(Role.SUPERVISOR, of=unit)
    _with_channels(handler, *transports)
    with at(moment):
        factories.review(factories.event(unit), level=1, text="不行。")
    return handler


def _told(staff: Staff) -> list[str]:
    remote = Outbox.objects.filter(staff=staff).exclude(transport="inbox")
    return list(remote.order_by("created_at", "pk").values_list("transport", flat=True))


def _climb() -> None:
    while ladder.fall_back():
        pass


def test_the_first_channel_is_used_at_once_and_the_next_when_nobody_has_read_it(
    remote: dict[str, Remembering],
) -> None:
    handler = _opened(MORNING, "email", "sms_http")
    with at(MORNING):
        _climb()
        _climb()
    assert _told(handler) == ["email"]
    with at(MORNING, minutes=29):
        _climb()
    assert _told(handler) == ["email"]
    with at(MORNING, minutes=30):
        _climb()
    assert _told(handler) == ["email", "sms_http"]
    with at(MORNING, days=3):
        _climb()
    assert _told(handler) == ["email", "sms_http"], "each channel once"
    assert not Outbox.objects.filter(next_channel_at__isnull=False).exists()


def test_what_was_read_on_the_desk_goes_no_further(
    remote: dict[str, Remembering], outside: Dispatcher
) -> None:
    handler = _opened(MORNING, "email", "sms_http")
    with at(MORNING):
        drain(outside)
        _climb()
        services.mark_read(staff=handler, matter=Matter.objects.get())
    with at(MORNING, hours=2):
        _climb()
    assert _told(handler) == ["email"]


def test_what_was_read_where_a_channel_brought_it_goes_no_further(
    remote: dict[str, Remembering], outside: Dispatcher
) -> None:
    handler = _opened(MORNING, "email", "sms_http")
    with at(MORNING):
        _climb()
        drain(outside)
    told = Outbox.objects.get(staff=handler, transport="email")
    assert told.state == "delivered"
    assert told.reference == f"ref-{told.delivery_key}"[:64]
    for _again in range(2):
        services.record_receipt(
            transport="email", reference=told.reference, kind=Receipt.Kind.READ, at=MORNING
        )
    assert Receipt.objects.count() == 1
    with at(MORNING, hours=2):
        _climb()
    assert _told(handler) == ["email"]
    assert not services.record_receipt(
        transport="email", reference="unknown", kind=Receipt.Kind.READ, at=MORNING
    )


def test_somebody_else_having_done_it_ends_the_ladder(remote: dict[str, Remembering]) -> None:
    with at(MORNING):
        loop = factories.loop()
    _with_channels(loop.handler, "email", "sms_http")
    with at(MORNING):
        _climb()
    Matter.objects.update(state=State.VERIFIED)
    with at(MORNING, hours=1):
        _climb()
    assert _told(loop.handler) == ["email"]


def test_only_what_is_urgent_disturbs_at_night(remote: dict[str, Remembering]) -> None:
    urgent = _opened(EVENING, "email")
    with at(EVENING):
        _climb()
    assert _told(urgent) == ["email"], "the opening is urgent by policy"

    Outbox.objects.all().update(next_channel_at=None)
    quiet = _opened(EVENING, "email")
    Outbox.objects.filter(staff=quiet).update(event="return_reply")
    with at(EVENING):
        _climb()
    assert _told(quiet) == []
    with at(EVENING, hours=9, minutes=59):
        _climb()
    assert _told(quiet) == []
    with at(EVENING, hours=10):
        _climb()
    [held] = Outbox.objects.filter(staff=quiet, transport="email")
    assert held.accepted_at == EVENING + timedelta(hours=10), "its delay counts from the morning"


def test_a_try_that_failed_in_the_evening_is_not_repeated_at_night(
    remote: dict[str, Remembering], outside: Dispatcher
) -> None:
    handler = _opened(MORNING, "email")
    with at(MORNING):
        _climb()
    Outbox.objects.filter(staff=handler).update(event="return_reply")
    with at(EVENING):
        drain(outside)
    assert remote["email"].sent == []
    notice = Outbox.objects.get(transport="email")
    assert notice.next_attempt_at == EVENING + timedelta(hours=10)
    assert notice.attempts == 0, "waiting is no try"
    with at(EVENING, hours=11):
        drain(outside)
    assert len(remote["email"].sent) == 1


def test_a_channel_without_address_or_switched_off_or_not_set_up_is_passed_over(
    remote: dict[str, Remembering],
) -> None:
    handler = _opened(MORNING, "zwding", "email", "sms_http")
    Channel.objects.filter(transport="zwding").update(active=False)
    remote["email"].set_up = False
    with at(MORNING):
        _climb()
    assert _told(handler) == ["sms_http"]


def test_without_an_order_of_their_own_people_get_the_usual_one(
    remote: dict[str, Remembering], settings: Any
) -> None:
    settings.HUIYIN_CHANNEL_ORDER = ["sms_http", "email"]
    handler = _opened()
    _with_channels(handler, "email", "sms_http")
    Channel.objects.update(position=1)
    with at(MORNING):
        _climb()
    assert _told(handler) == ["sms_http"]


def test_a_to_do_item_and_a_notice_are_taken_back_when_the_matter_moves_on(
    remote: dict[str, Remembering], outside: Dispatcher
) -> None:
    with at(MORNING):
        loop = factories.loop()
        _with_channels(loop.handler, "zwding")
        _climb()
        drain(outside)
        factories._verify(loop)
        drain(outside)
    done = [(action, of) for action, of in remote["zwding"].done]
    told = Outbox.objects.get(staff=loop.handler, transport="zwding", action="tell")
    listed = Outbox.objects.get(staff=loop.handler, transport="zwding", action="to_do")
    assert done[:2] == [("tell", None), ("to_do", None)]
    assert set(done[2:]) == {("recall", told.delivery_key), ("finish_to_do", listed.delivery_key)}
    assert not Outbox.objects.filter(standing=True).exists()


def test_what_had_not_gone_out_when_the_matter_moved_on_is_dropped(
    remote: dict[str, Remembering], outside: Dispatcher
) -> None:
    with at(MORNING):
        loop = factories.loop()
        _with_channels(loop.handler, "zwding")
        _climb()
        factories._verify(loop)
        drain(outside)
    assert remote["zwding"].done == []
    states = Outbox.objects.filter(transport="zwding").values_list("state", flat=True)
    assert set(states) == {"dropped"}


def test_what_was_under_way_when_the_matter_moved_on_is_taken_back_when_it_arrives(
    remote: dict[str, Remembering], outside: Dispatcher
) -> None:
    with at(MORNING):
        loop = factories.loop()
        _with_channels(loop.handler, "zwding")
        _climb()
        remote["zwding"].gate.clear()
        outside._launch(remote["zwding"])
        factories._verify(loop)
        remote["zwding"].gate.set()
        drain(outside)
    assert {action for action, _of in remote["zwding"].done} == {
        "tell",
        "to_do",
        "recall",
        "finish_to_do",
    }


def test_a_batch_takes_the_same_queries_however_many_are_told(
    remote: dict[str, Remembering], django_assert_max_num_queries: Any
) -> None:
    unit = factories.organisation()
    for _person in range(12):
        _with_channels(factories.staff(Role.HANDLER, of=unit), "email", "sms_http")
    factories.staff(Role.SUPERVISOR, of=unit)
    with at(MORNING):
        factories.review(factories.event(unit), level=1, text="不行。")
        with django_assert_max_num_queries(12):
            ladder.fall_back()
    assert Outbox.objects.filter(transport="email").count() == 12


@pytest.mark.django_db(transaction=True)
def test_two_at_once_tell_nobody_twice(remote: dict[str, Remembering]) -> None:
    unit = factories.organisation()
    for _person in range(5):
        _with_channels(factories.staff(Role.HANDLER, of=unit), "email")
    factories.staff(Role.SUPERVISOR, of=unit)
    with at(MORNING):
        for _matter in range(4):
            factories.review(factories.event(unit), level=1, text="不行。")
    together, failed = threading.Barrier(2), []

    def work() -> None:
        try:
            together.wait()
            _climb()
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    with at(MORNING, minutes=1):
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    assert failed == []
    assert Outbox.objects.filter(transport="email").count() == 20
