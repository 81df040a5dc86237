"""The robot's client against a group that checks everything with code of its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from huiyin.kernel import clock
from huiyin.notices.transports import exchange
from huiyin.notices.transports.dingtalk_robot import client
from huiyin.notices.transports.dingtalk_robot.client import Failed, Message, TooFast
from tests.notices.transports.dingtalk_robot.server import SECRET, DingTalk
from tests.notices.transports.dingtalk_robot.server import running as running_group

HELLO = Message(
    "新的差评件", "- [K3F9-2MZQ](https://x.gov.cn/desk/matters/K3F9) 请于 3月5日 24:00 前回访。"
)


@pytest.fixture
def group() -> Iterator[DingTalk]:
    with running_group() as made:
        yield made


def test_a_message_arrives_in_the_group(group: DingTalk) -> None:
    client.send(group.address(), SECRET, HELLO)
    [said] = group.robots["t0ken"].said
    assert said == {"title": HELLO.title, "text": HELLO.markdown}
    assert group.refused == []


def test_every_signature_survives_the_address(group: DingTalk) -> None:
    # Base64 has characters that mean something there: + / =.
    address = group.address()
    for number in range(20):
        client.send(address, SECRET, Message("t", str(number)))
    assert len(group.robots["t0ken"].said) == 20


def test_the_twenty_first_of_a_minute_is_too_fast(group: DingTalk) -> None:
    address = group.address()
    for number in range(20):
        client.send(address, SECRET, Message("t", str(number)))
    with pytest.raises(TooFast):
        client.send(address, SECRET, HELLO)
    group.ahead = timedelta(minutes=9)
    with pytest.raises(TooFast):
        client.send(address, SECRET, HELLO)
    group.ahead = timedelta(minutes=10, seconds=1)
    client.send(address, SECRET, HELLO)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("500", "answered 500"),
        ("302", "answered 302"),
        ("garbage", "cannot be read"),
        ("list", "cannot be read"),
        ("half", "connection failed"),
        ("never", "no answer in time"),
    ],
)
def test_every_way_to_answer_badly_ends_cleanly(
    group: DingTalk, monkeypatch: pytest.MonkeyPatch, fault: str, said: str
) -> None:
    group.faults = [fault]
    with monkeypatch.context() as patch:
        if fault == "never":
            patch.setattr(exchange, "SECONDS", 0.5)
        with pytest.raises(Failed, match=said) as failed:
            client.send(group.address(), SECRET, HELLO)
    assert not isinstance(failed.value, TooFast)
    assert "t0ken" not in str(failed.value)
    client.send(group.address(), SECRET, HELLO)


@pytest.mark.parametrize("fault", ["429", "gate"])
def test_other_ways_to_say_too_fast(group: DingTalk, fault: str) -> None:
    group.faults = [fault]
    with pytest.raises(TooFast):
        client.send(group.address(), SECRET, HELLO)


def test_a_slow_answer_is_an_answer(group: DingTalk) -> None:
    group.faults = ["slow"]
    client.send(group.address(), SECRET, HELLO)


def test_refusals_say_what_to_look_at(group: DingTalk) -> None:
    with pytest.raises(Failed, match="signature"):
        client.send(group.address(), "SECwrong", HELLO)
    group.ahead = timedelta(hours=2)
    with pytest.raises(Failed, match="signature"):
        client.send(group.address(), SECRET, HELLO)
    with pytest.raises(Failed, match=r"refused \(300005\)"):
        client.send(f"{group.base}/robot/send?access_token=other", SECRET, HELLO)


def test_a_demo_whose_clock_was_moved_signs_with_the_time_of_day(group: DingTalk) -> None:
    clock.set_offset(timedelta(days=40))
    try:
        client.send(group.address(), SECRET, HELLO)
    finally:
        clock.set_offset(timedelta())


def test_an_address_in_our_own_network_is_not_called(
    group: DingTalk, settings: pytest.FixtureRequest
) -> None:
    settings.HUIYIN_WEBHOOK_PRIVATE = False  # type: ignore[attr-defined]
    with pytest.raises(Failed, match="not an https address"):
        client.send(group.address(), SECRET, HELLO)
    with pytest.raises(Failed, match="not a public address"):
        client.send("https://127.0.0.1/robot/send?access_token=t", SECRET, HELLO)
    assert group.robots["t0ken"].said == []
