"""Processes of a bench: the product's own, and those of the crowd around it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from huiyin.kernel import clock

# As an installation seals, not as the demo does.
EPOCHS = {
    "HUIYIN_EPOCH_SECONDS": "3600",
    "HUIYIN_EPOCH_REVIEWS": "100",
    "HUIYIN_EPOCH_MAX_SECONDS": "86400",
}


@contextmanager
def product(
    store: str, workers: int, *, work: bool = True
) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """``huiyin serve``, and on PostgreSQL ``huiyin work`` beside it, on the database that the
    environment names; the port and the process of ``serve``."""
    port = free_port()
    os.environ["HUIYIN_BASE_URL"] = f"http://127.0.0.1:{port}"
    with ExitStack() as stack:
        serve = stack.enter_context(
            process("-m", "django", "serve", f"--port={port}", f"--workers={workers}")
        )
        if store == "postgres" and work:
            stack.enter_context(process("-m", "django", "work"))
        wait_until_ready(port)
        yield port, serve


def load(url: str, bodies: Path, *arguments: str) -> dict[str, Any]:
    """Give ``bodies`` with the ``arguments`` of ``bench.load``; its outcome."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.load", url, str(bodies), *arguments],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    outcome: dict[str, Any] = json.loads(done.stdout)
    return outcome


@contextmanager
def process(*command: str, talks: bool = False) -> Iterator[subprocess.Popen[str]]:
    pipe = subprocess.PIPE if talks else subprocess.DEVNULL
    process = subprocess.Popen(
        [sys.executable, *command], stdin=pipe, stdout=pipe, text=True, bufsize=1
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


def tell(process: subprocess.Popen[str], what: Any) -> None:
    process.stdin.write(json.dumps(what) + "\n")  # type: ignore[union-attr]
    process.stdin.flush()  # type: ignore[union-attr]


def hear(process: subprocess.Popen[str]) -> Any:
    line = process.stdout.readline()  # type: ignore[union-attr]
    if not line:
        raise RuntimeError(f"{process.args} ended too early")
    return json.loads(line)


def web_processes(serve: int) -> list[int]:
    """The processes that answer requests: the workers below ``serve`` if it was given more than
    one, else itself."""
    if "--workers=1" in _command(serve):
        return [serve]
    below = Path(f"/proc/{serve}/task/{serve}/children").read_text().split()
    return [int(child) for child in below if "spawn_main" in " ".join(_command(child))]


def _command(process: int | str) -> list[str]:
    return Path(f"/proc/{process}/cmdline").read_bytes().decode().split("\0")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until_ready(port: int) -> None:
    until = clock.monotonic() + 60
    while clock.monotonic() < until:
        http = HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            http.request("GET", "/healthz")
            if http.getresponse().status == 200:
                return
        except (OSError, HTTPException):
            pass
        finally:
            http.close()
        time.sleep(0.2)
    raise RuntimeError("the product did not become ready")
