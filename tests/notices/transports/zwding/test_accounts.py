"""``huiyin zwding-accounts``: whose account is which."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from huiyin.directory.models import Role
from huiyin.notices.channels import unsealed
from huiyin.notices.models import Channel
from tests import factories
from tests.notices.transports.zwding.server import KEY, SECRET, TENANT, Zwding
from tests.notices.transports.zwding.server import running as running_platform

pytestmark = pytest.mark.django_db


@pytest.fixture
def platform(settings: Any) -> Iterator[Zwding]:
    with running_platform() as made:
        settings.HUIYIN_ZWDING_HOST, settings.HUIYIN_ZWDING_TENANT_ID = made.host, TENANT
        settings.HUIYIN_ZWDING_APP_KEY, settings.HUIYIN_ZWDING_APP_SECRET = KEY, SECRET
        made.employees = {"GE_1": "1001", "GE_2": "1002", "GE_9": "1009"}
        yield made


def _file(folder: Path, *rows: str) -> Path:
    path = folder / "staff.csv"
    path.write_text("\n".join(["username,employee_code", *rows]), encoding="gb18030")
    return path


def _people() -> None:
    unit = factories.organisation()
    for name in ("wang", "li", "zhao", "qian"):
        factories.staff(Role.HANDLER, of=unit, username=name)


def test_a_trial_names_what_is_wrong_and_stores_nothing(
    platform: Zwding, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _people()
    path = _file(tmp_path, "wang,GE_1", "nobody,GE_2", "li,GE_7", "zhao,", "qian,GE_9", "qian,GE_8")
    with pytest.raises(SystemExit) as left:
        call_command("zwding_accounts", path)
    assert left.value.code == 1
    said = capsys.readouterr()
    assert [line.split(":")[1] for line in said.err.splitlines()] == ["3", "4", "5", "6", "7"]
    assert "1001" not in said.out + said.err
    assert not Channel.objects.exists()
    [call] = platform.called("/mozi/employee/listEmployeeAccountIds")
    assert call.all("employeeCodes") == ["GE_1", "GE_7"]


def test_what_was_found_becomes_the_channel_of_each(platform: Zwding, tmp_path: Path) -> None:
    _people()
    administrator = factories.staff(Role.ADMINISTRATOR)
    path = _file(tmp_path, "wang,GE_1", "li,GE_2")
    for _time in range(2):
        call_command("zwding_accounts", path, write=True, by=administrator.username)
    stored = {channel.staff.username: unsealed(channel) for channel in Channel.objects.all()}
    assert stored == {"wang": "1001", "li": "1002"}
    assert {channel.transport for channel in Channel.objects.all()} == {"zwding"}
    for channel in Channel.objects.all():
        assert b"100" not in bytes(channel.address_sealed)


def test_somebody_answers_for_what_is_stored(platform: Zwding, tmp_path: Path) -> None:
    _people()
    with pytest.raises(CommandError, match="--by"):
        call_command("zwding_accounts", _file(tmp_path, "wang,GE_1"), write=True)
    assert platform.calls == []


def test_nothing_is_stored_when_the_look_up_fails(platform: Zwding, tmp_path: Path) -> None:
    _people()
    platform.faults = ["500"]
    with pytest.raises(CommandError) as failed:
        call_command("zwding_accounts", _file(tmp_path, "wang,GE_1"))
    assert failed.value.returncode == 2
    assert "500" in str(failed.value)


@pytest.mark.parametrize(
    ("content", "said"), [("name\nx", "username"), ('username,employee_code\n"x', "csv")]
)
def test_a_file_that_is_no_such_table(
    platform: Zwding, tmp_path: Path, content: str, said: str
) -> None:
    path = tmp_path / "staff.csv"
    path.write_text(content)
    with pytest.raises(CommandError, match=said):
        call_command("zwding_accounts", path)


def test_without_configuration_it_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="HUIYIN_ZWDING_HOST"):
        call_command("zwding_accounts", _file(tmp_path, "wang,GE_1"))
