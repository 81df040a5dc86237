from __future__ import annotations

import json
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from pytest_django import Settings

from huiyin.conf import demo_events, demo_sheet, seeding
from huiyin.directory.models import Region, Role, Staff
from huiyin.kernel import clock
from huiyin.reviews.models import Integrator, Invitation

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(settings: Settings, tmp_path: Path) -> None:
    settings.HUIYIN_DATA_DIR = tmp_path


@pytest.fixture
def sheet() -> demo_sheet.DemoSheet:
    seeding.seed_reference_data()
    return seeding.seed_demo()


def test_the_demo_has_an_account_for_every_role(sheet: demo_sheet.DemoSheet) -> None:
    assert {account["role"] for account in sheet.accounts} == set(Role.values)
    for account in sheet.accounts:
        staff = Staff.objects.get(username=account["username"])
        assert staff.check_password(account["password"])
        assert staff.holds(Role(account["role"]))


def test_the_sheet_is_a_private_file(sheet: demo_sheet.DemoSheet) -> None:
    path = demo_sheet.path()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    written = json.loads(path.read_text())
    assert written["base_url"] == "http://testserver"
    assert written["integrator_key"]
    assert len(written["invitations"]) == demo_events.OPEN_INVITATIONS
    assert all("/r/" in address for address in written["invitations"])


def test_seeding_again_changes_nothing(sheet: demo_sheet.DemoSheet) -> None:
    counted = [model.objects.count() for model in (Region, Staff, Integrator, Invitation)]
    seeding.seed_reference_data()
    assert seeding.seed_demo() == sheet
    assert [model.objects.count() for model in (Region, Staff, Integrator, Invitation)] == counted


def test_the_links_follow_the_address(sheet: demo_sheet.DemoSheet, settings: Settings) -> None:
    settings.HUIYIN_BASE_URL = "http://127.0.0.1:9000"
    moved = seeding.seed_demo()
    assert moved.base_url == "http://127.0.0.1:9000"
    assert all(address.startswith("http://127.0.0.1:9000/r/") for address in moved.invitations)


def test_invitations_that_have_expired_are_replaced(sheet: demo_sheet.DemoSheet) -> None:
    clock.set_offset(timedelta(days=60))
    fresh = demo_events.invitations()
    assert len(fresh) == demo_events.OPEN_INVITATIONS
    assert not set(fresh) & set(sheet.invitations)


def test_a_lost_sheet_brings_a_new_password_and_key(sheet: demo_sheet.DemoSheet) -> None:
    demo_sheet.path().unlink()
    again = seeding.seed_demo()
    assert again.password != sheet.password
    assert again.integrator_key != sheet.integrator_key
    account = again.accounts[0]
    assert Staff.objects.get(username=account["username"]).check_password(account["password"])


def test_the_printed_sheet_names_addresses_and_accounts(sheet: demo_sheet.DemoSheet) -> None:
    printed = demo_sheet.as_text(sheet)
    assert "http://testserver/desk/" in printed
    assert sheet.password in printed
    assert sheet.invitations[0] in printed
