"""Notices to groups: merged, within the pace of their robot, whoever dispatches."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from huiyin.directory.models import Organisation, Role
from huiyin.kernel import clock
from huiyin.kernel.problems import Invalid
from huiyin.notices.dispatcher import Dispatcher
from huiyin.notices.models import Circuit, Delivery, Outbox, Robot, RobotPace, WebhookEndpoint
from huiyin.notices.services.robots import add_robot, change_robot
from huiyin.notices.transports import exchange
from tests import factories
from tests.notices.support import drain
from tests.notices.transports.dingtalk_robot.server import SECRET, TOKEN, DingTalk
from tests.notices.transports.dingtalk_robot.server import running as running_group

# Says nothing of the database, and takes long.
pytestmark = [pytest.mark.django_db, pytest.mark.once]

# A Tuesday morning on which everybody works: no quiet hours.
MORNING = datetime(2024, 3, 5, 2, 0, tzinfo=UTC)


@pytest.fixture
def group() -> Iterator[DingTalk]:
    with running_group() as made:
        yield made


@pytest.fixture(autouse=True)
def _morning() -> Iterator[None]:
    """The product's clock; machines keep their own time, as in a demo."""
    clock.set_offset(MORNING - datetime.now(UTC))
    yield
    clock.set_offset(timedelta())


def _wait(**by: float) -> None:
    clock.set_offset(clock.offset() + timedelta(**by))


def _unit() -> Organisation:
    unit = factories.organisation()
    factories.staff(Role.HANDLER, of=unit)
    factories.staff(Role.SUPERVISOR, of=unit)
    return unit


def _robot(group: DingTalk, unit: Organisation, token: str = TOKEN) -> Robot:
    return add_robot(
        name=f"群 {token}", address=group.address(token), secret=SECRET, organisation=unit
    )


def _bad_reviews(unit: Organisation, count: int) -> list[str]:
    for _ in range(count):
        factories.review(factories.event(unit), level=1, text="不行。")
    waiting = Outbox.objects.filter(transport="dingtalk_robot", state="waiting").order_by("pk")
    return [notice.about.code for notice in waiting.select_related("matter")]


def _told() -> int:
    return Outbox.objects.filter(transport="dingtalk_robot", state="delivered").count()


def test_a_group_hears_of_a_bad_review_with_its_link_and_nothing_personal(
    group: DingTalk, dispatcher: Dispatcher
) -> None:
    unit = _unit()
    _robot(group, unit)
    [code] = _bad_reviews(unit, 1)
    drain(dispatcher)
    [said] = group.robots[TOKEN].said
    assert code in said["title"]
    assert f"[{code}](http://testserver/desk/matters/{code})" in said["text"]
    assert str(unit) in said["text"]
    contents = said["title"] + said["text"]
    row = factories.event_row(unit)
    for personal in ("不行", row["userName"], row["mobile"], row["certKey"], row["projectNo"]):
        assert personal not in contents
    [delivery] = Delivery.objects.filter(outbox__transport="dingtalk_robot")
    assert (delivery.outcome, delivery.number) == ("delivered", 1)
    assert group.refused == []


def test_what_waits_leaves_as_one_message_and_each_notice_keeps_its_record(
    group: DingTalk, dispatcher: Dispatcher
) -> None:
    unit = _unit()
    _robot(group, unit)
    codes = _bad_reviews(unit, 12)
    drain(dispatcher)
    [said] = group.robots[TOKEN].said
    assert said["text"].count("\n- ") == 12
    assert [said["text"].index(code) for code in codes] == sorted(
        said["text"].index(code) for code in codes
    )
    assert _told() == 12
    assert Delivery.objects.filter(outbox__transport="dingtalk_robot").count() == 12


def test_a_flood_stays_within_the_pace_and_loses_nothing(
    group: DingTalk, dispatcher: Dispatcher
) -> None:
    unit = _unit()
    robot = _robot(group, unit)
    for _ in range(21):
        _bad_reviews(unit, 1)
        drain(dispatcher)
    # Twenty left one by one; the next one waits and gathers company.
    assert len(group.robots[TOKEN].said) == 20
    assert (_told(), group.refused) == (20, [])
    _bad_reviews(unit, 25)
    drain(dispatcher)
    assert len(group.robots[TOKEN].said) == 20
    waiting = Outbox.objects.filter(transport="dingtalk_robot", state="waiting")
    assert waiting.count() == 26
    assert set(waiting.values_list("tries_left", flat=True)) == {16}, "waiting costs no try"
    # A minute later. The robot's pace is kept in real time: it is set back instead.
    pace = RobotPace.objects.get(robot=robot)
    pace.sent = [
        (datetime.fromisoformat(moment) - timedelta(seconds=71)).isoformat() for moment in pace.sent
    ]
    pace.save()
    group.ahead = timedelta(seconds=71)
    _wait(seconds=71)
    drain(dispatcher)
    assert _told() == 46
    assert len(group.robots[TOKEN].said) == 22, "26 notices in two messages"
    assert group.refused == []


def test_a_robot_that_was_silenced_is_left_alone_for_ten_minutes(
    group: DingTalk, dispatcher: Dispatcher
) -> None:
    """Somebody else speaks as the same robot: our own count does not know."""
    unit = _unit()
    robot = _robot(group, unit)
    group.faults = ["gate"]
    _bad_reviews(unit, 3)
    drain(dispatcher)
    assert _told() == 0
    [notice, *_] = Outbox.objects.filter(transport="dingtalk_robot")
    assert notice.next_attempt_at
    assert timedelta(minutes=9) < notice.next_attempt_at - clock.now() <= timedelta(minutes=10)
    assert notice.tries_left == 16
    # A new notice does not try its luck either, nor does another dispatcher.
    _bad_reviews(unit, 1)
    other = Dispatcher()
    drain(other)
    other.close()
    assert _told() == 0
    assert group.robots[TOKEN].said == []
    RobotPace.objects.filter(robot=robot).update(silent_until=datetime.now(UTC))
    _wait(minutes=10, seconds=1)
    drain(dispatcher)
    assert _told() == 4
    assert len(group.robots[TOKEN].said) == 1


@pytest.mark.parametrize("fault", ["500", "garbage", "half", "never"])
def test_a_failed_message_fails_each_notice_once_and_all_are_sent_again(
    group: DingTalk, dispatcher: Dispatcher, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    unit = _unit()
    _robot(group, unit)
    group.faults = [fault]
    _bad_reviews(unit, 7)
    with monkeypatch.context() as patch:
        if fault == "never":
            patch.setattr(exchange, "SECONDS", 0.5)
        drain(dispatcher)
    notices = Outbox.objects.filter(transport="dingtalk_robot")
    assert set(notices.values_list("state", "tries_left")) == {("waiting", 15)}
    assert Circuit.objects.get().failures == 1, "seven notices, but one message"
    _wait(days=1)
    drain(dispatcher)
    assert set(notices.values_list("state", flat=True)) == {"delivered"}
    numbers = Delivery.objects.filter(outbox__in=notices).values_list("number", "outcome")
    assert sorted(numbers) == [(1, "failed")] * 7 + [(2, "delivered")] * 7


def test_one_slow_group_does_not_hold_up_another(group: DingTalk, dispatcher: Dispatcher) -> None:
    slow, quick = _unit(), _unit()
    _robot(group, slow, "slow")
    group.faults = ["slow"]
    _bad_reviews(slow, 1)
    dispatcher.round()
    _robot(group, quick, "quick")
    _bad_reviews(quick, 1)
    drain(dispatcher)
    assert len(group.robots["slow"].said) == len(group.robots["quick"].said) == 1


def test_a_robot_that_was_switched_off_is_not_called(
    group: DingTalk, dispatcher: Dispatcher
) -> None:
    unit = _unit()
    robot = _robot(group, unit)
    _bad_reviews(unit, 1)
    robot.active = False
    robot.save()
    _bad_reviews(unit, 1)
    drain(dispatcher)
    assert group.robots[TOKEN].said == []
    assert [n.state for n in Outbox.objects.filter(transport="dingtalk_robot")] == ["dead"]


def test_a_group_hears_nothing_of_other_units_nor_of_steps_that_concern_nobody(
    group: DingTalk, dispatcher: Dispatcher
) -> None:
    unit, other = _unit(), _unit()
    _robot(group, other)
    _bad_reviews(unit, 1)
    drain(dispatcher)
    assert group.robots[TOKEN].said == []
    assert not Outbox.objects.filter(transport="webhook").exists()


@pytest.mark.django_db(transaction=True)
def test_two_dispatchers_together_keep_the_pace_and_send_nothing_twice(group: DingTalk) -> None:
    unit = _unit()
    _robot(group, unit)
    codes = _bad_reviews(unit, 30)
    failed: list[BaseException] = []
    together = threading.Barrier(2)

    def work() -> None:
        mine = Dispatcher()
        try:
            together.wait()
            drain(mine)
        except BaseException as error:
            failed.append(error)
        finally:
            mine.close()
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert failed == []
    said = "".join(message["text"] for message in group.robots[TOKEN].said)
    assert [said.count(f"/{code})") for code in codes] == [1] * 30
    assert group.refused == []
    assert _told() == 30


def test_what_makes_somebody_the_robot_is_sealed(group: DingTalk) -> None:
    robot = _robot(group, factories.organisation(), token="S3cretT0ken")
    stored = WebhookEndpoint.objects.get(pk=robot.pk)
    assert stored.url == f"{group.base}/robot/send"
    for secret in (SECRET, "S3cretT0ken"):
        assert secret.encode() not in bytes(stored.secret_sealed)


@pytest.mark.parametrize(
    "address",
    [
        "https://oapi.dingtalk.com/robot/send",
        "https://oapi.dingtalk.com/robot/send?access_token=",
        "https://oapi.dingtalk.com/robot/send?access_token=a&x=1",
        "ftp://oapi.dingtalk.com/robot/send?access_token=a",
        "nothing",
    ],
)
def test_an_address_that_is_no_robots_is_refused(address: str) -> None:
    with pytest.raises(Invalid) as refused:
        add_robot(name="群", address=address, secret=SECRET, organisation=factories.organisation())
    assert refused.value.field == "address"
    assert not Robot.objects.exists()


def test_a_robot_needs_a_secret_a_scope_and_a_name_of_its_own(group: DingTalk) -> None:
    unit = factories.organisation()
    robot = _robot(group, unit)
    for wrong in (
        {"secret": " "},
        {"organisation": None},
        {"region": unit.region},
        {"name": robot.name},
    ):
        right: dict[str, Any] = {
            "name": "另一群",
            "address": group.address(),
            "secret": SECRET,
            "organisation": unit,
        }
        with pytest.raises(Invalid):
            add_robot(**{**right, **wrong})
    assert Robot.objects.count() == 1


def test_another_secret_replaces_the_old_one(group: DingTalk, dispatcher: Dispatcher) -> None:
    unit = _unit()
    robot = add_robot(name="群", address=group.address(), secret="SECold", organisation=unit)
    change_robot(robot=robot, address=group.address("new"), secret=SECRET)
    _bad_reviews(unit, 1)
    drain(dispatcher)
    assert len(group.robots["new"].said) == 1
