"""From a bad review to a card in 浙政钉, and back when the matter moves on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from huiyin.directory.models import Role, Staff
from huiyin.kernel import clock
from huiyin.matters import services as matters
from huiyin.notices import recording
from huiyin.notices.dispatcher import LEASE, Dispatcher
from huiyin.notices.ladder import fall_back
from huiyin.notices.models import Circuit, Outbox
from huiyin.notices.services.channels import give_address
from huiyin.notices.transports import exchange, names
from huiyin.notices.transports.zwding import config
from huiyin.notices.transports.zwding.transport import key_of
from tests import factories
from tests.factories import Loop
from tests.notices.support import drain
from tests.notices.transports.zwding.server import KEY, SECRET, TENANT, Zwding
from tests.notices.transports.zwding.server import running as running_platform

pytestmark = pytest.mark.django_db

# A Tuesday morning on which everybody works: no quiet hours.
MORNING = datetime(2024, 3, 5, 2, 0, tzinfo=UTC)


@pytest.fixture
def platform(settings: Any) -> Iterator[Zwding]:
    with running_platform() as made:
        settings.HUIYIN_ZWDING_HOST, settings.HUIYIN_ZWDING_TENANT_ID = made.host, TENANT
        settings.HUIYIN_ZWDING_APP_KEY, settings.HUIYIN_ZWDING_APP_SECRET = KEY, SECRET
        yield made


@pytest.fixture(autouse=True)
def _morning() -> Iterator[None]:
    """The product's clock; machines keep their own time, as in a demo."""
    clock.set_offset(MORNING - datetime.now(UTC))
    yield
    clock.set_offset(timedelta())


def _wait(**by: float) -> None:
    clock.set_offset(clock.offset() + timedelta(**by))


def _account(staff: Staff, account: str) -> None:
    by = factories.staff(Role.ADMINISTRATOR)
    give_address(staff=staff, transport=names.ZWDING, address=account, by=by)


def _loop(account: str = "1001") -> Loop:
    """A new matter whose handler can be told in 浙政钉."""
    made = factories.loop()
    _account(made.handler, account)
    return made


def _deliver(dispatcher: Dispatcher) -> None:
    while fall_back():
        pass
    drain(dispatcher)


def _verify(made: Loop) -> None:
    factories.reach(made)
    matters.verify(**made.now(made.handler), facts="系统当天确有故障，群众等候三小时。")


def _by_action(action: str) -> Outbox:
    return Outbox.objects.get(transport=names.ZWDING, action=action)


def test_a_bad_review_becomes_a_card_that_opens_the_matter(
    platform: Zwding, dispatcher: Dispatcher
) -> None:
    made = _loop()
    _deliver(dispatcher)
    [(receivers, card)] = platform.notices.values()
    assert receivers == "1001"
    [button] = card["btn_json_list"]
    assert button["action_url"] == f"http://testserver/desk/matters/{made.matter.code}"
    assert made.matter.code in card["title"]
    assert made.matter.code in card["markdown"]
    case = made.event.case
    for personal in ("等了三个小时", case.project_no, "13800001234", made.receipt.code):
        assert personal not in str(card)
    told = _by_action("tell")
    assert told.state == "delivered"
    assert told.reference.startswith("m0")
    assert told.deliveries.get().outcome == "delivered"
    assert platform.refused == []


def test_what_the_handler_has_to_do_is_on_their_list(
    platform: Zwding, dispatcher: Dispatcher
) -> None:
    made = _loop()
    _deliver(dispatcher)
    [task] = platform.tasks.values()
    assert (task["assigneeId"], task["creatorId"]) == ("1001", "1001")
    assert task["url"].endswith(f"/desk/matters/{made.matter.code}")
    due = clock.local(made.matter.next_due_at or MORNING)
    assert task["dueTime"] == f"{due:%Y-%m-%d %H:%M:%S}"
    assert _by_action("to_do").reference in platform.tasks


def test_when_the_matter_moves_on_the_card_is_taken_back_and_the_item_finished(
    platform: Zwding, dispatcher: Dispatcher
) -> None:
    made = _loop()
    _deliver(dispatcher)
    [card], [task] = platform.notices, platform.tasks
    _verify(made)
    _deliver(dispatcher)
    assert platform.revoked == [card]
    assert platform.finished == [task]
    # Nothing more follows, whatever happens next, and nobody but the staff was asked about.
    _wait(hours=1)
    _deliver(dispatcher)
    assert len(platform.called("/message/revoke")) == 1
    assert len(platform.called("/tc/openapi/task/finish.json")) == 1
    assert not Outbox.objects.exclude(action="tell").filter(staff__isnull=True).exists()
    assert not Outbox.objects.filter(transport=names.ZWDING).exclude(state="delivered").exists()


def test_what_was_not_sent_yet_is_dropped_when_the_matter_moves_on(
    platform: Zwding, dispatcher: Dispatcher
) -> None:
    made = _loop()
    while fall_back():
        pass
    _verify(made)
    _deliver(dispatcher)
    assert platform.notices == platform.tasks == {}
    assert platform.revoked == []


def test_taking_back_is_repeated_until_it_worked(platform: Zwding, dispatcher: Dispatcher) -> None:
    made = _loop()
    _deliver(dispatcher)
    _verify(made)
    platform.faults = ["500", "500"]
    _deliver(dispatcher)
    assert platform.revoked == platform.finished == []
    _wait(minutes=10)
    _deliver(dispatcher)
    assert len(platform.revoked) == len(platform.finished) == 1


def test_a_card_that_is_gone_cannot_be_taken_back_and_stops_nothing(
    platform: Zwding, dispatcher: Dispatcher
) -> None:
    made = _loop()
    _deliver(dispatcher)
    platform.notices.clear()
    platform.tasks.clear()
    _verify(made)
    _deliver(dispatcher)
    assert (_by_action("recall").state, _by_action("finish_to_do").state) == ("dead", "dead")
    assert not Circuit.objects.filter(failures__gt=0).exists()


def test_a_crash_between_sending_and_recording_tells_nobody_twice(
    platform: Zwding, dispatcher: Dispatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    _loop()

    def crash(*_: Any, **__: Any) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(recording, "came_of", crash)
        patch.setattr(recording, "arrived_there", crash)
        _deliver(dispatcher)
    assert len(platform.notices) == 1
    _wait(seconds=LEASE.total_seconds() + 1)
    _deliver(dispatcher)
    assert len(platform.called("/message/workNotification")) == 2
    assert len(platform.notices) == len(platform.tasks) == 1
    assert _by_action("tell").state == "delivered"


def test_an_item_whose_name_was_lost_is_not_said_to_be_finished(
    platform: Zwding, dispatcher: Dispatcher
) -> None:
    made = _loop()
    _deliver(dispatcher)
    Outbox.objects.filter(action="to_do").update(reference="")
    _verify(made)
    _deliver(dispatcher)
    finish = _by_action("finish_to_do")
    assert finish.state == "dead"
    assert "not known" in finish.deliveries.get().error


@pytest.mark.parametrize("fault", ["500", "garbage", "half", "never"])
def test_a_platform_that_answers_badly_gets_the_notice_later(
    platform: Zwding, dispatcher: Dispatcher, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    _loop()
    platform.faults = [fault] * 4
    with monkeypatch.context() as patch:
        if fault == "never":
            patch.setattr(exchange, "SECONDS", 0.5)
        _deliver(dispatcher)
    told = _by_action("tell")
    assert (told.state, told.deliveries.get().outcome) == ("waiting", "failed")
    for secret in (SECRET, KEY, platform.host, "1001"):
        assert secret not in told.deliveries.get().error
    platform.faults = []
    _wait(minutes=10)
    _deliver(dispatcher)
    assert _by_action("tell").state == "delivered"
    assert len(platform.notices) == 1


def test_clocks_that_differ_are_named_and_right_themselves(
    platform: Zwding, dispatcher: Dispatcher
) -> None:
    _loop()
    platform.ahead = timedelta(hours=1)
    _deliver(dispatcher)
    assert "clock differs" in _by_action("tell").deliveries.get().error
    platform.ahead = timedelta()
    _wait(minutes=10)
    _deliver(dispatcher)
    assert _by_action("tell").state == "delivered"


def test_an_account_that_is_not_known_is_a_dead_letter_and_no_outage(
    platform: Zwding, dispatcher: Dispatcher
) -> None:
    _loop(account="7777")
    _deliver(dispatcher)
    told = _by_action("tell")
    assert told.state == "dead"
    assert told.deliveries.get().error == "they do not know the account, notice or item"
    assert not Circuit.objects.filter(open_until__isnull=False).exists()


def test_who_lost_their_account_meanwhile_is_not_told_elsewhere(
    platform: Zwding, dispatcher: Dispatcher
) -> None:
    made = _loop()
    while fall_back():
        pass
    _account(made.handler, "")
    drain(dispatcher)
    assert platform.notices == {}
    assert _by_action("tell").state == "dead"


def test_without_configuration_nobody_is_told_by_it(dispatcher: Dispatcher) -> None:
    _loop()
    _deliver(dispatcher)
    assert not Outbox.objects.filter(transport=names.ZWDING).exists()


def test_a_configuration_that_lost_its_key_says_so(
    platform: Zwding, dispatcher: Dispatcher, settings: Any
) -> None:
    _loop()
    settings.HUIYIN_ZWDING_APP_KEY = ""
    _deliver(dispatcher)
    told = _by_action("tell")
    assert told.state == "waiting"
    assert told.deliveries.get().error == "government DingTalk is not configured"


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("platform.example.gov.cn", "https://platform.example.gov.cn"),
        ("https://platform.example.gov.cn/", "https://platform.example.gov.cn"),
        ("http://10.0.0.8:8080", "http://10.0.0.8:8080"),
    ],
)
def test_the_host_may_come_with_or_without_its_scheme(
    platform: Zwding, settings: Any, host: str, address: str
) -> None:
    settings.HUIYIN_ZWDING_HOST = host
    assert config.credentials().host == address


@pytest.mark.parametrize("host", ["https://a.cn/path", "ftp://a.cn", "https://", "u@a.cn", "a:b"])
def test_what_is_no_host_is_refused(platform: Zwding, settings: Any, host: str) -> None:
    settings.HUIYIN_ZWDING_HOST = host
    with pytest.raises(config.NotConfigured):
        config.credentials()


def test_the_name_of_a_notice_is_short_and_always_the_same() -> None:
    assert key_of("a" * 120) == key_of("a" * 120) != key_of("a" * 119)
    assert len(key_of("x")) == 32
