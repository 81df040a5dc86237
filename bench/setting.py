"""What every bench needs: a database of its own, the product on it, and a way to say what it found.

Nothing listens but on a Unix socket or 127.0.0.1, and everything is gone afterwards.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.postgres import EmbeddedPostgres

# As an installation for a province would have it: durable, and with memory for its indexes.
DURABLE = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "2GB",
    "maintenance_work_mem": "512MB",
    "max_wal_size": "16GB",
    "checkpoint_timeout": "30min",
}


def arguments(
    description: str, stores: tuple[str, ...] = ("postgres", "sqlite")
) -> argparse.Namespace:
    """What was asked for.

    Without ``--store`` each of ``stores`` gets a process of its own, since Django knows one
    database, and this one ends with them.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows or less")
    parser.add_argument("--json", action="store_true", help="one line of JSON for each figure")
    parser.add_argument("--store", choices=stores, help="default: each in turn")
    parsed = parser.parse_args(sys.argv[1:])
    if parsed.store is None and len(stores) == 1:
        [parsed.store] = stores
    if parsed.store is None:
        for name in stores:
            subprocess.run([*sys.orig_argv, f"--store={name}"], check=True)
        raise SystemExit
    return parsed


@dataclass(frozen=True)
class Store:
    """Where the product's data lie: its folder, and its PostgreSQL if it has one."""

    folder: Path
    server: EmbeddedPostgres | None


@contextmanager
def store(
    name: str, settings: Mapping[str, str] | None = None, *, within: Path | None = None
) -> Iterator[Store]:
    """The product, set up on an empty database of the kind ``name`` for as long as this lasts.

    ``settings`` of the database server hold beside those of ``DURABLE``; everything lies ``within``
    another folder than the usual one.
    """
    folder = Path(tempfile.mkdtemp(prefix="huiyin-bench-", dir=within))
    server = None
    if name == "postgres":
        server = EmbeddedPostgres({**DURABLE, **(settings or {})}, within=within)
    for variable in [variable for variable in os.environ if variable.startswith("HUIYIN_")]:
        del os.environ[variable]
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "huiyin.conf.settings",
        "HUIYIN_MODE": "demo",
        "HUIYIN_DATA_DIR": str(folder),
        "HUIYIN_SECRET_KEY": secrets.token_urlsafe(48),
        "HUIYIN_MASTER_KEY": secrets.token_urlsafe(32),
        "HUIYIN_LOG_LEVEL": "ERROR",
        "HUIYIN_WEBHOOK_PRIVATE": "yes",
    }
    if server:
        os.environ["HUIYIN_DATABASE_URL"] = server.create_database("bench")
    try:
        huiyin("migrate", "--verbosity=0")
        yield Store(folder, server)
    finally:
        if server:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def huiyin(*command: str) -> None:
    """Run a command of the product on this database, in a process of its own."""
    subprocess.run([sys.executable, "-m", "django", *command], check=True)


def django() -> None:
    """Set up Django in this process, once the database is chosen."""
    import django as framework

    framework.setup()


class Figures:
    """What was found, printed as it comes: for people, or a line of JSON each."""

    def __init__(self, bench: str, *, as_json: bool) -> None:
        self._bench, self._as_json = bench, as_json
        if not as_json:
            print(f"{bench} on {machine()}", flush=True)

    def say(self, name: str, value: float, unit: str, **more: Any) -> None:
        """One figure. ``more`` is what belongs to it, such as its ratio to a reference."""
        if self._as_json:
            figure = {"bench": self._bench, "figure": name, "value": round(value, 3), "unit": unit}
            print(json.dumps(figure | more), flush=True)
            return
        rest = ", ".join(f"{key.replace('_', ' ')} {what}" for key, what in more.items())
        print(f"  {name:<46} {value:>12,.1f} {unit}" + (f"   ({rest})" if rest else ""), flush=True)


def machine() -> str:
    load = os.getloadavg()[0]
    return f"{os.cpu_count()} cores, {platform.machine()}, load {load:.1f} before it began"
