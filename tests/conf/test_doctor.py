from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection
from pytest_django import Settings

from huiyin.calendars.services import publish_year
from huiyin.conf import canary, doctor, health, startup
from huiyin.conf.doctor import Finding, Level
from huiyin.conf.models import Heartbeat
from huiyin.dialects import sm2
from huiyin.kernel import clock, timemachine
from huiyin.log import files, keys, publishing, sealing
from huiyin.log.models import LogKey
from huiyin.log.notes import PrivateKey
from huiyin.notices.models import Circuit
from tests import factories
from tests.dialects.support import gateway_client

pytestmark = pytest.mark.django_db


def worst(findings: list[Finding]) -> Level:
    levels = [finding.level for finding in findings]
    return next((level for level in (Level.FAIL, Level.WARNING) if level in levels), Level.OK)


def test_every_finding_that_is_not_ok_says_what_to_do() -> None:
    for finding in doctor.run():
        assert finding.level is Level.OK or finding.advice, finding


def test_append_only_tables_are_known_and_guarded() -> None:
    (finding,) = doctor.append_only()
    assert finding.level is Level.OK
    assert not finding.found.startswith("0 ")


def test_a_trigger_that_somebody_dropped_is_found() -> None:
    drop = (
        "DROP TRIGGER reviews_review_append_only ON reviews_review"
        if connection.vendor == "postgresql"
        else "DROP TRIGGER reviews_review_no_delete"
    )
    connection.cursor().execute(drop)
    (finding,) = doctor.append_only()
    assert finding.level is Level.FAIL
    assert finding.found == "no guard on reviews_review"


def test_another_master_key_is_found(settings: Settings) -> None:
    canary.keep()
    assert worst(list(doctor.master_key())) is Level.OK
    settings.HUIYIN_MASTER_KEY = b"k" * 32
    assert worst(list(doctor.master_key())) is Level.FAIL


def test_the_server_does_not_start_with_another_master_key(settings: Settings) -> None:
    canary.keep()
    startup.check()
    settings.HUIYIN_MASTER_KEY = b"k" * 32
    with pytest.raises(startup.CommandError, match="HUIYIN_MASTER_KEY is not the key"):
        startup.check()


def test_missing_migrations_are_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(startup, "unapplied_migrations", lambda: ["reviews.0009_more"])
    findings = doctor.run()
    assert findings[-1].about == "migrations"
    assert findings[-1].advice == "Run: huiyin migrate"
    with pytest.raises(startup.CommandError, match="huiyin migrate"):
        startup.check()


def test_a_database_that_does_not_answer_is_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise DatabaseError("connection refused")

    monkeypatch.setattr(connection, "ensure_connection", refuse)
    findings = doctor.run()
    assert [finding.about for finding in findings].count("database") == 1
    assert worst(findings) is Level.FAIL


def test_a_clock_that_is_off_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    assert worst(list(doctor.clocks())) is Level.OK
    monkeypatch.setattr(health, "clock_skew", lambda: timedelta(minutes=2))
    assert worst(list(doctor.clocks())) is Level.FAIL


def test_the_shift_of_the_demo_clock_is_shown() -> None:
    timemachine.DemoClock.objects.create(pk=1, moved_by=timedelta(days=2))
    assert "moved forward by 2 days" in [finding.found for finding in doctor.clocks()][-1]
    assert clock.offset() == timedelta(days=2)


@pytest.mark.parametrize(
    ("day", "missing"), [("2026-11-30", []), ("2026-12-01", ["2027"]), ("2027-01-02", ["2027"])]
)
def test_a_missing_notice_of_days_off_is_a_warning_from_december_on(
    day: str, missing: list[str]
) -> None:
    with clock.frozen(datetime.fromisoformat(f"{day}T10:00:00+08:00")):
        found = list(doctor.calendar())
    warned = [one.found for one in found if one.level is Level.WARNING]
    assert [word for word in ("2026", "2027") if any(word in one for one in warned)] == missing
    assert bool(warned) == bool(missing)


def test_a_year_whose_notice_was_entered_is_no_warning() -> None:
    publish_year(year=2027, days={"2027-01-01": "off"}, source="测试")
    with clock.frozen(datetime(2026, 12, 5, 10, tzinfo=clock.LOCAL)):
        (finding,) = doctor.calendar()
    assert (finding.level, finding.found) == (Level.OK, "days off are known up to 2027")


def test_loops_at_rest_are_a_warning() -> None:
    assert worst(list(doctor.background())) is Level.WARNING
    for finding in list(doctor.background()):
        name = finding.found.split()[0]
        Heartbeat.objects.create(name=name, at=clock.now())
    assert worst(list(doctor.background())) is Level.OK


def test_a_weak_key_is_found(settings: Settings) -> None:
    settings.SECRET_KEY = "ab" * 30
    assert worst(list(doctor.keys())) is Level.FAIL


def test_an_address_without_encryption_is_found_in_production(settings: Settings) -> None:
    settings.HUIYIN_DEMO = False
    settings.HUIYIN_BASE_URL = "http://hcp.example.gov.cn"
    assert worst(list(doctor.address())) is Level.FAIL


def test_files_that_others_can_read_are_found(settings: Settings, tmp_path: Path) -> None:
    settings.HUIYIN_DATA_DIR = tmp_path
    (tmp_path / "secrets.json").write_text("{}")
    (tmp_path / "secrets.json").chmod(0o644)
    (finding,) = doctor.private_files()
    assert finding.level is Level.FAIL
    assert finding.advice.startswith("Run: chmod 600")


def test_a_data_folder_that_is_not_there_is_found(settings: Settings, tmp_path: Path) -> None:
    settings.HUIYIN_DATA_DIR = tmp_path / "nowhere"
    assert worst(list(doctor.disk())) is Level.FAIL


def test_the_command_ends_with_1_on_a_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = Finding(Level.FAIL, "disk", "full", "Make room.")
    monkeypatch.setattr(doctor, "run", lambda **_options: [bad])
    with pytest.raises(SystemExit) as left:
        call_command("doctor")
    assert left.value.code == 1
    printed = capsys.readouterr().out
    assert "FAIL" in printed
    assert "→ Make room." in printed


def test_the_command_speaks_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor, "run", lambda **_options: [Finding(Level.OK, "disk", "plenty")])
    call_command("doctor", "--json")
    assert json.loads(capsys.readouterr().out) == [
        {"level": "ok", "about": "disk", "found": "plenty", "advice": ""}
    ]


def test_a_transport_that_rests_is_named_with_its_last_error() -> None:
    [quiet] = doctor.circuits()
    assert quiet.level is Level.OK
    Circuit.objects.create(
        key="email",
        transport="email",
        failures=5,
        open_until=clock.now() + timedelta(minutes=1),
        last_error="no answer in time",
    )
    [resting] = doctor.circuits()
    assert resting.level is Level.WARNING
    assert "email rests after 5 failures" in resting.found
    assert "no answer in time" in resting.found


class TestTheLog:
    @pytest.fixture
    def published(self, frozen_clock, settings, log_folder) -> None:
        settings.HUIYIN_EPOCH_MAX_SECONDS = 86400
        factories.review(factories.event(factories.organisation()))
        frozen_clock.move_by(days=1)
        startup.check()
        assert sealing.seal_if_due()
        publishing.publish()

    def findings(self) -> list[Finding]:
        return list(doctor.public_log())

    def test_before_the_first_start_nothing_is_wrong_and_nothing_is_made(self, log_folder) -> None:
        (finding,) = self.findings()
        assert finding.level is Level.OK
        assert list(log_folder.iterdir()) == []
        assert not LogKey.objects.exists()

    def test_a_log_that_is_published_is_well(self, published) -> None:
        (finding,) = self.findings()
        assert finding.level is Level.OK
        assert "entries published" in finding.found
        startup.check()

    def test_files_that_do_not_keep_up_are_a_failure(self, published, frozen_clock) -> None:
        files.checkpoint_path().unlink()
        assert worst(self.findings()) is Level.OK  # a moment is no trouble
        frozen_clock.move_by(minutes=5)
        (finding,) = self.findings()
        assert finding.level is Level.FAIL
        assert "are sealed and 0 are published" in finding.found
        startup.check()  # they are written anew

    def test_a_rotation_that_was_cut_off_and_an_old_key_file_are_warnings(
        self, published, log_folder
    ) -> None:
        path = log_folder / "log.key"
        copy = path.read_bytes()
        keys.rotate()
        path.write_bytes(copy)
        path.with_name("log.key.next").write_bytes(copy)
        path.with_name("log.key.next").chmod(0o600)
        found = " ".join(finding.found for finding in self.findings())
        assert "a rotation was cut off" in found
        assert "lacks the newest key" in found
        assert worst(self.findings()) is Level.WARNING
        startup.check()

    @pytest.mark.parametrize(
        "wrong", ["no key", "open key", "other key", "other name", "old database", "other files"]
    )
    def test_what_does_not_belong_together_fails_and_stops_the_start(
        self, published, log_folder, settings, wrong
    ) -> None:
        path, stranger = log_folder / "log.key", PrivateKey.generate("huiyin-demo")
        if wrong == "no key":
            path.unlink()
        elif wrong == "open key":
            path.chmod(0o640)
        elif wrong == "other key":
            path.write_text(stranger.export())
        elif wrong == "other name":
            settings.HUIYIN_LOG_NAME = "elsewhere.example/log"
        elif wrong == "old database":
            note, said = files.read_checkpoint()
            ahead = replace(said, size=said.size + 1).body
            files.checkpoint_path().write_text(keys.sign_with_all(ahead))
        else:
            note, _said = files.read_checkpoint()
            files.checkpoint_path().write_text(stranger.sign(note.body))
        (finding,) = self.findings()
        assert finding.level is Level.FAIL
        assert finding.advice
        with pytest.raises(startup.CommandError) as refusal:
            startup.check()
        assert finding.found in str(refusal.value)
        assert finding.advice in str(refusal.value)


def test_a_role_that_owns_the_tables_is_a_warning_on_postgresql() -> None:
    found = list(doctor.role())
    assert worst(found) is (Level.WARNING if connection.vendor == "postgresql" else Level.OK)


def test_a_machine_without_sm2_is_told_so(monkeypatch) -> None:
    client, _secrets = gateway_client("national")
    assert [one.level for one in doctor.sm2()] == [Level.OK]

    def missing() -> None:
        raise sm2.Missing

    monkeypatch.setattr(sm2, "lib", missing)
    assert [one.level for one in doctor.sm2()] == [Level.FAIL]
    client.active = False
    client.save()
    assert [one.level for one in doctor.sm2()] == [Level.WARNING]
