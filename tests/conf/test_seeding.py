from __future__ import annotations

import json
import logging
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from huiyin.conf import demo_events, demo_sheet, seeding
from huiyin.directory.models import Region, Role, Staff
from huiyin.kernel import clock
from huiyin.matters.models import Policy
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


def test_the_sheet_is_printed_alone(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="huiyin")
    call_command("seed")
    assert capsys.readouterr().out.startswith("\n  Public page")
    assert not caplog.records
    assert logging.getLogger("huiyin").level == logging.INFO


def test_another_province_is_imported_before_it_can_be_seeded(
    settings: Settings, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    settings.HUIYIN_DEMO = False
    settings.HUIYIN_JURISDICTION = "440000000000"
    with pytest.raises(CommandError, match="huiyin import-regions"):
        call_command("seed")
    assert not Region.objects.exists()

    file = tmp_path / "guangdong.csv"
    file.write_text("code,name,name_en,level,parent\n440000000000,广东省,Guangdong,province,\n")
    call_command("import_regions", str(file))
    call_command("seed")
    assert "in place" in capsys.readouterr().out
    assert [region.name for region in Region.objects.all()] == ["广东省"]
    assert Policy.objects.filter(jurisdiction__code="440000000000").exists()


def test_a_demo_plays_in_the_province_whose_divisions_are_shipped(settings: Settings) -> None:
    settings.HUIYIN_JURISDICTION = "440000000000"
    with pytest.raises(CommandError, match="without HUIYIN_JURISDICTION"):
        call_command("seed")


def test_a_division_that_is_not_shipped_is_named_and_nothing_is_written(
    settings: Settings,
) -> None:
    settings.HUIYIN_JURISDICTION = "330203002000"
    with pytest.raises(CommandError, match="no division 330203002000"):
        call_command("seed")
    assert not Region.objects.exists()
