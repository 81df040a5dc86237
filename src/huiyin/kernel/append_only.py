"""Database triggers that refuse UPDATE and DELETE, for both stores.

Used in migrations: ``append_only("reviews_review")``. The application could be asked politely not
to change a review; the database makes sure, whoever holds the connection.
"""

from __future__ import annotations

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import RunPython
from django.db.migrations.state import StateApps

MESSAGE = "is append-only"
NO_UPDATE = "refuses changes"
NO_DELETE = "keeps its rows"


class Guard(RunPython):
    """The operation, which still knows its table: ``doctor`` asks which ones must be guarded."""

    table: str
    # What it refuses beside TRUNCATE: UPDATE, DELETE or both.
    verbs: tuple[str, ...]
    # How many triggers the table has, by the vendor of the database.
    triggers: dict[str, int]


def append_only(table: str) -> Guard:
    """A migration operation that makes ``table`` refuse UPDATE, DELETE and TRUNCATE."""
    return _guard(table, ("UPDATE", "DELETE"), MESSAGE)


def no_update(table: str) -> Guard:
    """A migration operation that makes ``table`` refuse UPDATE and TRUNCATE.

    For rows that name a person: the law may ask to delete them, never to write them anew. That a
    row which was deleted and put back is still what was first stored, ``huiyin doctor`` checks
    against the log.
    """
    return _guard(table, ("UPDATE",), NO_UPDATE)


def no_delete(table: str) -> Guard:
    """A migration operation that makes ``table`` refuse DELETE and TRUNCATE.

    For rows that others point to without a constraint of the database, which would have to look
    up and lock the row each time.
    """
    return _guard(table, ("DELETE",), NO_DELETE)


def _guard(table: str, verbs: tuple[str, ...], message: str) -> Guard:
    def forwards(apps: StateApps, schema: BaseDatabaseSchemaEditor) -> None:
        if schema.connection.vendor == "postgresql":
            schema.execute(
                f"""
                CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN RAISE EXCEPTION '{table} {message}'; END $$
                """
            )
            schema.execute(
                f"""
                CREATE TRIGGER {table}_append_only BEFORE {" OR ".join(verbs)} ON {table}
                FOR EACH ROW EXECUTE FUNCTION {table}_refuse()
                """
            )
            schema.execute(
                f"""
                CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
                FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()
                """
            )
        else:
            for verb in verbs:
                schema.execute(
                    f"""
                    CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table}
                    BEGIN SELECT RAISE(ABORT, '{table} {message}'); END
                    """
                )

    def backwards(apps: StateApps, schema: BaseDatabaseSchemaEditor) -> None:
        if schema.connection.vendor == "postgresql":
            schema.execute(f"DROP TRIGGER {table}_append_only ON {table}")
            schema.execute(f"DROP TRIGGER {table}_no_truncate ON {table}")
            schema.execute(f"DROP FUNCTION {table}_refuse()")
        else:
            for verb in verbs:
                schema.execute(f"DROP TRIGGER {table}_no_{verb.lower()}")

    operation = Guard(forwards, backwards)
    operation.table = table
    operation.verbs = verbs
    operation.triggers = {"postgresql": 2, "sqlite": len(verbs)}
    return operation
