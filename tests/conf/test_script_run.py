"""The README's first command, as a newcomer types it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.support.product import demo_environment, free_port

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.once]


@contextmanager
def running(environment: dict[str, str], log: Path) -> Iterator[str]:
    """script/run until the body ends, then Ctrl-C; yields the address."""
    address = f"http://127.0.0.1:{environment['PORT']}"
    with log.open("wb") as output:
        script = subprocess.Popen(
            [ROOT / "script" / "run"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        _wait_for(f"{address}/readyz", script, log)
        yield address
        os.killpg(script.pid, signal.SIGINT)
        script.wait(20)
    finally:
        if script.poll() is None:
            os.killpg(script.pid, signal.SIGKILL)
            script.wait(20)


def _wait_for(address: str, script: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and script.poll() is None:
        try:
            if httpx.get(address, trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise AssertionError(log.read_text())


def test_the_demo_starts_twice_and_loses_nothing(tmp_path: Path) -> None:
    environment = demo_environment(tmp_path / "var", free_port())
    log = tmp_path / "log"
    with running(environment, log) as address:
        sheet = json.loads((tmp_path / "var" / "demo.json").read_text())
        assert sheet["base_url"] == address
        refused = _refused(environment | {"PORT": str(free_port())})
        assert "Another Huiyin is running" in refused
        assert json.loads((tmp_path / "var" / "demo.json").read_text()) == sheet
    assert sheet["accounts"][0]["username"] in log.read_text()
    assert "Traceback" not in log.read_text()

    environment["PORT"] = str(free_port())
    with running(environment, log) as address:
        again = json.loads((tmp_path / "var" / "demo.json").read_text())
    assert again["base_url"] == address
    assert again["accounts"] == sheet["accounts"]
    assert again["integrator_key"] == sheet["integrator_key"]
    assert [link.rsplit("/", 1)[1] for link in again["invitations"]] == [
        link.rsplit("/", 1)[1] for link in sheet["invitations"]
    ]


def test_a_port_in_use_is_told_before_anything_is_done(tmp_path: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        environment = demo_environment(tmp_path / "var", taken.getsockname()[1])
        assert "is taken" in _refused(environment)
    assert not (tmp_path / "var").exists()


@pytest.mark.parametrize("port", ["web", "0", "99999"])
def test_what_is_no_port_is_told(tmp_path: Path, port: str) -> None:
    environment = demo_environment(tmp_path / "var", 1) | {"PORT": port}
    assert "is not a number from 1 to 65535" in _refused(environment)


def _refused(environment: dict[str, str]) -> str:
    """The one sentence with which script/run ends."""
    done = subprocess.run(
        [ROOT / "script" / "run"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    return done.stderr
