"""``huiyin witness``: it cosigns what takes nothing back, and nothing else."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import pytest

from huiyin.verify import cli
from huiyin.verify.notes import COSIGNATURE, cosigned_at, read_checkpoint, read_vkey
from tests.verify.small_log import SigningKey, SmallLog

pytestmark = pytest.mark.once

Run = Callable[..., int]


@pytest.fixture
def run(address: str, tmp_path: Path, at: object, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("LC_ALL", "C")

    def once(*arguments: str) -> int:
        key = str(tmp_path / "witness.key")
        with pytest.raises(SystemExit) as ended:
            cli.main(["witness", "--log", address, "--key-file", key, "--once", *arguments])
        return int(ended.value.code or 0)

    return once


def vkey_in(out: str) -> str:
    return next(line for line in out.splitlines() if line.startswith("Verifier key")).split(": ")[1]


def test_it_makes_a_key_and_cosigns(
    run: Run, log: SmallLog, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--name", "witness.example.org") == 0
    out = capsys.readouterr().out
    key = read_vkey(vkey_in(out), kind=COSIGNATURE)
    assert key.name == "witness.example.org"
    assert (tmp_path / "witness.key").stat().st_mode & 0o777 == 0o600
    [line] = log.posted
    served = read_checkpoint(log.files["/log/checkpoint"].decode() + line.decode())
    assert cosigned_at(served, key) is not None

    log.cosignatures.append(line.decode())
    log.publish()
    assert run() == 0
    assert len(log.posted) == 1  # it has cosigned this one already
    assert vkey_in(capsys.readouterr().out) == key.vkey

    log.cosignatures.clear()
    log.add(3)
    assert run() == 0
    assert len(log.posted) == 2


@pytest.mark.parametrize("grown", [0, 3])
def test_it_never_cosigns_what_contradicts_what_it_saw(
    run: Run, log: SmallLog, grown: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run() == 0
    log.entries[0] = log.review(0, level=5)[1]
    log.add(grown)
    assert run() == 5
    assert run() == 5
    assert len(log.posted) == 1
    assert "changed what it had signed" in capsys.readouterr().err


def test_it_never_cosigns_a_shorter_log(run: Run, log: SmallLog) -> None:
    assert run() == 0
    log.entries.pop()
    log.publish()
    assert run() == 5
    assert len(log.posted) == 1


def test_it_never_cosigns_what_the_log_did_not_sign(run: Run, log: SmallLog) -> None:
    assert run("--log-key", SigningKey().vkey) == 5
    log.keys[0].private = SigningKey().private
    log.publish()
    assert run() == 5
    assert not log.posted


def test_a_killed_witness_has_remembered_before_it_signed(
    run: Run, log: SmallLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: object) -> None:
        raise SystemExit(9)

    with monkeypatch.context() as patch:
        patch.setattr("huiyin.verify.remote.Log.cosign", dies)
        assert run() == 9
    log.entries[0] = log.review(0, level=5)[1]
    log.publish()
    assert run() == 5


@pytest.mark.parametrize("written", ["", "PRIVATE+KEY+a+00000000+AAAA", "x" * 5000])
def test_a_key_file_that_is_none_is_said(run: Run, tmp_path: Path, written: str) -> None:
    path = tmp_path / "witness.key"
    path.write_text(written)
    path.chmod(0o600)
    assert run() == 2
    assert path.read_text() == written


def test_a_key_that_others_can_read_is_refused(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run() == 0
    (tmp_path / "witness.key").chmod(0o640)
    assert run() == 2
    assert "chmod 600" in capsys.readouterr().err


def test_a_name_that_no_note_could_carry_is_refused(run: Run, tmp_path: Path) -> None:
    assert run("--name", "a b") == 2
    assert not (tmp_path / "witness.key").exists()


def test_the_signature_is_over_time_and_checkpoint(run: Run, log: SmallLog) -> None:
    assert run() == 0
    _dash, _name, payload = log.posted[0].decode().split()
    raw = base64.b64decode(payload)
    assert len(raw) == 4 + 8 + 64
