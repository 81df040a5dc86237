"""A small log, served, and the command run against it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from huiyin.verify import cli, clock
from tests.verify.small_log import NOW, SmallLog, serving


@dataclass
class Result:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def log() -> SmallLog:
    made = SmallLog()
    made.add(5)
    return made


@pytest.fixture
def address(log: SmallLog) -> Iterator[str]:
    with serving(log) as where:
        yield where


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Set the verifier's clock."""

    def set_clock(moment: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: moment)

    set_clock(NOW + timedelta(hours=1))
    return set_clock


@pytest.fixture
def verify(
    address: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    at: object,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., Result]:
    """Run ``huiyin verify`` on a receipt; it remembers in the test's own folder."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")

    def run(receipt: object, *arguments: str) -> Result:
        path = tmp_path / "receipt.json"
        path.write_bytes(receipt if isinstance(receipt, bytes) else json.dumps(receipt).encode())
        with pytest.raises(SystemExit) as ended:
            cli.main(["verify", str(path), "--log", address, *arguments])
        written = capsys.readouterr()
        return Result(int(ended.value.code or 0), written.out, written.err)

    return run
