"""The real product as processes of its own, for end-to-end, kill and concurrency tests.

``product`` is shared by a whole run and must be left usable; ``fresh_product`` belongs to one test,
which may kill it. Both run on the database of the run: on SQLite one process (``serve``), on
PostgreSQL two (``serve`` and ``work``).
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.postgres import EmbeddedPostgres

HUIYIN = str(Path(sys.executable).parent / "huiyin")
_TEMPLATE_DATABASE = "product_template"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def demo_environment(data_dir: Path, port: int, **more: str) -> dict[str, str]:
    """An environment for ``huiyin`` commands that owes nothing to the one of the tests."""
    plain = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("HUIYIN_") and name not in {"PORT", "DJANGO_SETTINGS_MODULE"}
    }
    return (
        plain
        | {
            "HUIYIN_MODE": "demo",
            "HUIYIN_DATA_DIR": str(data_dir),
            "PORT": str(port),
            "PYTHONUNBUFFERED": "1",
        }
        | more
    )


def run(environment: dict[str, str], *command: str) -> str:
    """Run ``huiyin`` with ``command`` to its end; what it printed. Raises when it fails."""
    done = subprocess.run(
        [HUIYIN, *command],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        raise RuntimeError(f"huiyin {' '.join(command)} failed:\n{done.stdout}\n{done.stderr}")
    return done.stdout


class Product:
    """A running Huiyin: ``base_url``, ``demo`` (demo.json), ``kill()``, ``restart()``."""

    def __init__(self, data_dir: Path, *, database_url: str | None, **settings: str) -> None:
        self.data_dir = data_dir
        self.port = free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.database_url = database_url
        more = dict(settings)
        if database_url:
            more["HUIYIN_DATABASE_URL"] = database_url
        self.environment = demo_environment(data_dir, self.port, **more)
        self._processes: list[subprocess.Popen[bytes]] = []
        self._take_over_address()

    @property
    def demo(self) -> dict[str, Any]:
        """The contents of demo.json: integrator_key, accounts, invitations."""
        contents: dict[str, Any] = json.loads((self.data_dir / "demo.json").read_text())
        return contents

    def account(self, role: str) -> dict[str, str]:
        """The first demo account with ``role``: username, password, display_name, …"""
        return next(account for account in self.demo["accounts"] if account["role"] == role)

    def keys(self) -> dict[str, str]:
        """The settings with which another process opens what this product sealed."""
        made = json.loads((self.data_dir / "secrets.json").read_text())
        return {f"HUIYIN_{name.upper()}": value for name, value in made.items()}

    def start(self) -> None:
        commands = [["serve"]] if self.database_url is None else [["serve"], ["work"]]
        for command in commands:
            with (self.data_dir / f"{command[0]}.log").open("ab") as log:
                # A session of its own: kill() reaches everything that it starts, and only that.
                self._processes.append(
                    subprocess.Popen(
                        [HUIYIN, *command],
                        env=self.environment,
                        stdin=subprocess.DEVNULL,
                        stdout=log,
                        stderr=log,
                        start_new_session=True,
                    )
                )
        self._wait_until_ready()

    def kill(self) -> None:
        """SIGKILL every process at once, as a power cut would."""
        self._signal_all(signal.SIGKILL)

    def stop(self) -> None:
        """Ask politely; raises when a process does not end within 20 seconds."""
        self._signal_all(signal.SIGTERM)

    def restart(self) -> None:
        self.kill()
        self.start()

    def run(self, *command: str) -> str:
        """Run ``huiyin …`` beside the server, on the same data."""
        return run(self.environment, *command)

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.base_url, timeout=20, trust_env=False)

    def log(self) -> str:
        """All that the processes have written so far."""
        return "\n".join(path.read_text(errors="replace") for path in self.data_dir.glob("*.log"))

    def _signal_all(self, what: signal.Signals) -> None:
        for process in self._processes:
            if process.poll() is None:
                os.killpg(process.pid, what)
        for process in self._processes:
            process.wait(20)
        self._processes.clear()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + 60
        answer = "no answer"
        with self.client() as client:
            while time.monotonic() < deadline:
                if any(process.poll() is not None for process in self._processes):
                    answer = "a process ended"
                    break
                try:
                    response = client.get("/readyz")
                except httpx.TransportError:
                    time.sleep(0.1)
                    continue
                if response.status_code == 200:
                    return
                answer = response.text
                time.sleep(0.1)
        self.kill()
        raise RuntimeError(f"The product did not become ready ({answer}):\n{self.log()}")

    def _take_over_address(self) -> None:
        """The seeded template was made for another port; its links must point here."""
        path = self.data_dir / "demo.json"
        text = path.read_text()
        path.write_text(text.replace(json.loads(text)["base_url"], self.base_url))


def refused(product: Product, *command: str, **settings: str) -> str:
    """What ``huiyin`` says when it will not do ``command``: an error, and no traceback."""
    done = subprocess.run(
        [HUIYIN, *command],
        env=product.environment | settings,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 1, done.stdout
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.fixture(scope="session")
def _seeded(
    tmp_path_factory: pytest.TempPathFactory, postgres_server: EmbeddedPostgres | None
) -> Path:
    """A data folder, migrated and seeded once a run, that products are copied from."""
    folder = tmp_path_factory.mktemp("seeded") / "var"
    environment = demo_environment(folder, free_port())
    if postgres_server:
        environment["HUIYIN_DATABASE_URL"] = postgres_server.create_database(_TEMPLATE_DATABASE)
    run(environment, "migrate", "--no-input", "--verbosity=0")
    run(environment, "collectstatic", "--no-input", "--verbosity=0")
    run(environment, "seed")
    return folder


@pytest.fixture(scope="session")
def make_product(
    _seeded: Path,
    tmp_path_factory: pytest.TempPathFactory,
    postgres_server: EmbeddedPostgres | None,
) -> Iterator[Callable[..., Product]]:
    """Start another product: ``make_product(HUIYIN_EPOCH_SECONDS="1")``; stopped at the end."""
    with ExitStack() as stack:
        made = 0

        def make(**settings: str) -> Product:
            nonlocal made
            made += 1
            folder = tmp_path_factory.mktemp("product") / "var"
            shutil.copytree(_seeded, folder)
            database_url = None
            if postgres_server:
                database_url = postgres_server.create_database(
                    f"product_{made}", template=_TEMPLATE_DATABASE
                )
            product = Product(folder, database_url=database_url, **settings)
            stack.callback(product.kill)
            product.start()
            return product

        yield make


@pytest.fixture(scope="session")
def product(make_product: Callable[..., Product]) -> Product:
    """One product for the whole run. Leave it running and usable."""
    return make_product()


@pytest.fixture
def fresh_product(make_product: Callable[..., Product]) -> Iterator[Product]:
    """A product for this test alone: kill it, restart it, move its clock."""
    own = make_product()
    yield own
    own.kill()
