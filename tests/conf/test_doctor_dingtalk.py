"""What the doctor says of government DingTalk and of robots."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from huiyin.conf import doctor
from huiyin.conf.doctor import Level
from huiyin.notices.models import RobotPace
from huiyin.notices.services.robots import add_robot
from tests import factories
from tests.notices.transports.zwding.server import KEY, SECRET, TENANT, Zwding
from tests.notices.transports.zwding.server import running as running_platform

pytestmark = pytest.mark.django_db


@pytest.fixture
def platform(settings: Any) -> Iterator[Zwding]:
    with running_platform() as made:
        settings.HUIYIN_ZWDING_HOST, settings.HUIYIN_ZWDING_TENANT_ID = made.host, TENANT
        settings.HUIYIN_ZWDING_APP_KEY, settings.HUIYIN_ZWDING_APP_SECRET = KEY, SECRET
        yield made


def test_nothing_to_say_where_it_is_not_used() -> None:
    [finding] = doctor.dingtalk(connect=True)
    assert (finding.level, "not connected" in finding.found) == (Level.OK, True)


def test_nobody_is_asked_unless_wanted(platform: Zwding) -> None:
    [finding] = doctor.dingtalk()
    assert finding.level is Level.WARNING, "loopback is not encrypted"
    assert platform.calls == []
    [finding] = doctor.dingtalk(connect=True)
    assert finding.level is Level.WARNING
    assert [call.path for call in platform.calls] == ["/gettoken.json"]


def test_a_key_that_is_refused_and_one_that_is_missing(platform: Zwding, settings: Any) -> None:
    settings.HUIYIN_ZWDING_APP_SECRET = "another"
    [finding] = doctor.dingtalk(connect=True)
    assert finding.level is Level.FAIL
    assert "refused" in finding.found
    assert "another" not in finding.found + finding.advice
    settings.HUIYIN_ZWDING_APP_SECRET = ""
    [finding] = doctor.dingtalk()
    assert (finding.level, finding.found) == (Level.FAIL, "HUIYIN_ZWDING_APP_SECRET not set")


def test_robots_that_are_silenced_are_counted() -> None:
    robot = add_robot(
        name="群",
        address="https://oapi.dingtalk.com/robot/send?access_token=a1",
        secret=SECRET,
        organisation=factories.organisation(),
    )
    assert [finding.level for finding in doctor.dingtalk()] == [Level.OK, Level.OK]
    RobotPace.objects.create(robot=robot, silent_until=datetime.now(UTC) + timedelta(minutes=5))
    [_zwding, finding] = doctor.dingtalk()
    assert (finding.level, finding.found[:6]) == (Level.WARNING, "1 of 1")
