"""What must hold before a server may start: better not to start than to start wrong."""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import IO

from django.conf import settings
from django.core.management.base import CommandError
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from huiyin.conf import canary
from huiyin.log import agreement, keys
from huiyin.log.errors import LogBroken

_held: list[IO[bytes]] = []


def check() -> None:
    """Raises ``CommandError``, saying what to do, when a server would not work."""
    try:
        missing = unapplied_migrations()
    except DatabaseError as error:
        raise CommandError(f"The database cannot be used: {error}") from error
    if missing:
        raise CommandError(
            f"The database lacks {len(missing)} migrations ({missing[0]}, …). Run: huiyin migrate"
        )
    if not canary.opens():
        raise CommandError(
            "HUIYIN_MASTER_KEY is not the key that this database was sealed with. Set the right "
            "one; with this one no sealed contact could be opened."
        )
    try:
        keys.establish()
        agreement.check()
    except LogBroken as error:
        raise CommandError(str(error)) from error


def unapplied_migrations() -> list[str]:
    """The names of migrations that this database has not seen yet."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [str(migration) for migration, _backwards in plan]


def claim_embedded_database() -> None:
    """Make sure that no other process serves this SQLite file, as long as this one lives.

    Two would wait for each other at every write, and each would tell everybody everything. Raises
    ``CommandError``. The claim ends with the process, however it ends.
    """
    if connection.vendor != "sqlite":
        return
    lock = (Path(settings.HUIYIN_DATA_DIR) / "serve.lock").open("wb")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        raise CommandError(
            f"Another Huiyin already serves the database in {settings.HUIYIN_DATA_DIR}. Stop it, "
            "or choose another folder with HUIYIN_DATA_DIR."
        ) from error
    _held.append(lock)
