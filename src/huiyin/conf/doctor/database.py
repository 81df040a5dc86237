"""The database: what it promises, what its role may do, what it refuses."""

from __future__ import annotations

from django.db import connection

from huiyin.conf import canary, database_role
from huiyin.conf.doctor.finding import Finding, Findings, Level

_OLDEST_POSTGRESQL = 15


def store() -> Findings:
    if connection.vendor == "postgresql":
        yield from _postgresql()
    else:
        yield from _sqlite()


def _postgresql() -> Findings:
    version = connection.get_database_version()
    found = "PostgreSQL " + ".".join(str(part) for part in version)
    if version[0] < _OLDEST_POSTGRESQL:
        yield Finding(
            Level.FAIL, "database", found, f"Huiyin needs PostgreSQL {_OLDEST_POSTGRESQL} or newer."
        )
    else:
        yield Finding(Level.OK, "database", found)
    for name in ("fsync", "synchronous_commit", "full_page_writes"):
        if _setting(f"SHOW {name}") == "off":
            yield Finding(
                Level.FAIL,
                "database",
                f"{name} is off: a power cut loses acknowledged reviews",
                f"Set {name} = on in postgresql.conf.",
            )
    if _setting("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"):
        yield Finding(
            Level.WARNING,
            "database",
            "Huiyin connects as a superuser",
            "Give it a role of its own: a superuser can switch off the append-only triggers.",
        )


def _sqlite() -> Findings:
    journal, synchronous = _setting("PRAGMA journal_mode"), _setting("PRAGMA synchronous")
    if journal == "wal" and synchronous == 2:
        yield Finding(Level.OK, "database", "SQLite, WAL, synchronous=FULL")
    else:
        yield Finding(
            Level.FAIL,
            "database",
            f"SQLite with journal {journal}, synchronous {synchronous}",
            "Keep the file on a local disk: network file systems have no WAL.",
        )


def append_only() -> Findings:
    """Every table that a migration guarded against changes still has its triggers."""
    guards = database_role.guards()
    sql = (
        "SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
        "WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')"
        if connection.vendor == "postgresql"
        else "SELECT tbl_name FROM sqlite_master WHERE type = 'trigger'"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql)
        guarded = [row[0] for row in cursor.fetchall()]
    bare = sorted(
        guard.table
        for guard in guards
        if guarded.count(guard.table) < guard.triggers[connection.vendor]
    )
    if bare:
        yield Finding(
            Level.FAIL,
            "append-only",
            f"no guard on {', '.join(bare)}",
            "Somebody removed database triggers. Restore the schema and look into who and why.",
        )
    else:
        yield Finding(Level.OK, "append-only", f"{len(guards)} tables refuse changes")


def master_key() -> Findings:
    if canary.opens():
        yield Finding(Level.OK, "keys", "the master key opens what this database sealed")
    else:
        yield Finding(
            Level.FAIL,
            "keys",
            "HUIYIN_MASTER_KEY is not the key of this database",
            "Set the right one from your offline copy; do not run with this one.",
        )


def role() -> Findings:
    """On PostgreSQL: the application cannot change what is append-only, whatever it tries, and can
    do what it has to."""
    if connection.vendor != "postgresql":
        return
    unable = [
        table
        for table in sorted(connection.introspection.django_table_names(only_existing=True))
        if not _setting(f"SELECT has_table_privilege('{table}', 'INSERT')")
    ]
    if unable:
        yield Finding(
            Level.FAIL,
            "database",
            f"Huiyin's role has no rights on {', '.join(unable)}",
            "As the owner of the tables run: huiyin database-role ROLE, after each upgrade.",
        )
    able = sorted(
        table
        for table in database_role.append_only_tables()
        if _setting(f"SELECT has_table_privilege('{table}', 'UPDATE')")
    )
    if able:
        yield Finding(
            Level.WARNING,
            "database",
            f"Huiyin's role may UPDATE {able[0]} and {len(able) - 1} more append-only tables",
            "As their owner run: huiyin database-role ROLE, and let serve and work use that role.",
        )
    else:
        yield Finding(Level.OK, "database", "the role has no UPDATE on append-only tables")


def _setting(sql: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        row = cursor.fetchone()
    return row[0] if row else None
