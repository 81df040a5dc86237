"""What the application's role may do on PostgreSQL: exactly what it needs.

It reads and adds everywhere, changes and deletes where rows are meant to change, and has neither
right on append-only tables. So the triggers there have a second wall behind them: this role owns
no table, and can switch off no trigger.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection
from django.db.migrations.loader import MigrationLoader
from psycopg import sql

from huiyin.kernel.append_only import Guard

# Written by migrations alone.
_READ_ONLY = frozenset({"django_migrations"})


def guards() -> list[Guard]:
    """The operations by which migrations guard tables against changes."""
    return [
        operation
        for migration in MigrationLoader(None).disk_migrations.values()
        for operation in migration.operations
        if isinstance(operation, Guard)
    ]


def refused() -> dict[str, set[str]]:
    """What guarded tables refuse, of UPDATE and DELETE: rows that name a person can be deleted, and
    never altered; others point to services, which may be altered and never deleted."""
    verbs: dict[str, set[str]] = {}
    for guard in guards():
        verbs.setdefault(guard.table, set()).update(guard.verbs)
    return verbs


def append_only_tables() -> set[str]:
    """Those that refuse UPDATE; some of them let rows be deleted."""
    return {table for table, verbs in refused().items() if "UPDATE" in verbs}


def statements(role: str, *, create: bool) -> list[str]:
    """The SQL that makes ``role`` able to run Huiyin on this database, and to do no more.

    Safe to repeat, and to be repeated after each upgrade: what the role had before is taken first.
    """
    found = sql.Identifier(role)
    return [
        statement.as_string(connection.connection)
        for statement in _statements(found, create=create)
    ]


def _statements(role: sql.Identifier, *, create: bool) -> Iterator[sql.Composable]:
    database = sql.Identifier(str(connection.settings_dict["NAME"]))
    if create:
        yield sql.SQL("CREATE ROLE {} LOGIN").format(role)
    yield sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, role)
    yield sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(role)
    # What the next migration makes has to wait for this command, too.
    for things in ("TABLES", "SEQUENCES"):
        yield sql.SQL("ALTER DEFAULT PRIVILEGES REVOKE ALL ON {} FROM {}").format(
            sql.SQL(things), role
        )
    yield sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {}").format(role)
    yield sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}").format(role)
    refusals = refused()
    for table in sorted(connection.introspection.table_names()):
        kept = {"UPDATE", "DELETE"} - refusals.get(table, set())
        rights = ["SELECT"] if table in _READ_ONLY else ["SELECT", "INSERT", *sorted(kept)]
        yield sql.SQL("GRANT {} ON {} TO {}").format(
            sql.SQL(", ".join(rights)), sql.Identifier(table), role
        )
