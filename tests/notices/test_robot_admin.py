"""The administrator's view of robots: what makes somebody the robot goes in and never comes out."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from huiyin.directory.models import Organisation, Role
from huiyin.notices.models import Robot
from huiyin.notices.transports.dingtalk_robot import credentials
from tests import factories

pytestmark = pytest.mark.django_db

ADDRESS = "https://oapi.dingtalk.com/robot/send?access_token=a1b2c3"
SECRET = "SEC0f1e2d"
ADD = "admin:notices_robot_add"


@pytest.fixture
def browser() -> Client:
    client = Client()
    client.force_login(
        factories.staff(Role.ADMINISTRATOR, over=factories.region(factories.PROVINCE))
    )
    return client


def _form(unit: Organisation, **changes: Any) -> dict[str, Any]:
    right = {
        "name": "西湖区办事群",
        "address": ADDRESS,
        "secret": SECRET,
        "organisation": unit.pk,
        "active": "on",
    }
    return {name: value for name, value in (right | changes).items() if value is not None}


def test_a_robot_is_added_and_its_secrets_are_not_shown(browser: Client) -> None:
    browser.post(reverse(ADD), _form(factories.organisation()))
    robot = Robot.objects.get()
    assert (robot.url, robot.transport) == (
        "https://oapi.dingtalk.com/robot/send",
        "dingtalk_robot",
    )
    known = credentials.unsealed(robot)
    assert (known.token, known.secret) == ("a1b2c3", SECRET)
    change = reverse("admin:notices_robot_change", args=[robot.pk])
    for address in (change, reverse("admin:notices_robot_changelist")):
        page = browser.get(address).content.decode()
        assert "西湖区办事群" in page
        assert "a1b2c3" not in page
        assert SECRET not in page


def test_changing_the_name_keeps_what_it_has_and_both_are_replaced_together(
    browser: Client,
) -> None:
    unit = factories.organisation()
    browser.post(reverse(ADD), _form(unit))
    robot = Robot.objects.get()
    change = reverse("admin:notices_robot_change", args=[robot.pk])
    browser.post(change, _form(unit, name="新名", address="", secret="", active=None))
    robot.refresh_from_db()
    assert (robot.name, robot.active) == ("新名", False)
    assert credentials.unsealed(robot).token == "a1b2c3"
    page = browser.post(change, _form(unit, secret=""))
    assert page.status_code == 200, "refused"
    browser.post(change, _form(unit, address=ADDRESS + "9", secret="SECnew"))
    robot.refresh_from_db()
    known = credentials.unsealed(robot)
    assert (known.token, known.secret) == ("a1b2c39", "SECnew")


@pytest.mark.parametrize(
    "changes",
    [
        {"address": "https://oapi.dingtalk.com/robot/send"},
        {"address": "javascript:alert(1)"},
        {"address": ""},
        {"secret": ""},
        {"organisation": None},
    ],
)
def test_what_cannot_be_right_is_refused(browser: Client, changes: dict[str, Any]) -> None:
    page = browser.post(reverse(ADD), _form(factories.organisation(), **changes))
    assert page.status_code == 200
    assert not Robot.objects.exists()


def test_two_robots_do_not_share_a_name(browser: Client) -> None:
    unit = factories.organisation()
    for _time in range(2):
        page = browser.post(reverse(ADD), _form(unit))
    assert page.status_code == 200
    assert Robot.objects.count() == 1


def test_endpoints_and_robots_have_separate_pages(browser: Client) -> None:
    browser.post(reverse(ADD), _form(factories.organisation()))
    robot = Robot.objects.get()
    change = reverse("admin:notices_webhookendpoint_change", args=[robot.pk])
    assert browser.get(change).status_code == 302, "not among the endpoints"


def test_nobody_but_administrators_sees_robots() -> None:
    for role in (Role.HANDLER, Role.SUPERVISOR, Role.ARBITER):
        client = Client()
        client.force_login(factories.staff(role))
        assert client.get(reverse(ADD)).status_code in {302, 403, 404}
