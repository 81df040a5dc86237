"""What must hold before a server may start: better not to start than to start wrong."""

from __future__ import annotations

from django.core.management.base import CommandError
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from huiyin.conf import canary


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
    connection.close()


def unapplied_migrations() -> list[str]:
    """The names of migrations that this database has not seen yet."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [str(migration) for migration, _backwards in plan]
