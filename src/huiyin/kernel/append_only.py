"""Database triggers that refuse UPDATE and DELETE, for both stores.

Used in migrations: ``append_only("reviews_review")``. The application could be asked politely not
to change a review; the database makes sure, whoever holds the connection.
"""

from __future__ import annotations

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import RunPython
from django.db.migrations.state import StateApps

MESSAGE = "is append-only"


class AppendOnly(RunPython):
    """The operation, which still knows its table: ``doctor`` asks which ones must be guarded."""

    table: str


def append_only(table: str) -> AppendOnly:
    """A migration operation that makes ``table`` refuse UPDATE, DELETE and TRUNCATE."""

    def forwards(apps: StateApps, schema: BaseDatabaseSchemaEditor) -> None:
        if schema.connection.vendor == "postgresql":
            schema.execute(
                f"""
                CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN RAISE EXCEPTION '{table} {MESSAGE}'; END $$
                """
            )
            schema.execute(
                f"""
                CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
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
            for verb in ("UPDATE", "DELETE"):
                schema.execute(
                    f"""
                    CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table}
                    BEGIN SELECT RAISE(ABORT, '{table} {MESSAGE}'); END
                    """
                )

    def backwards(apps: StateApps, schema: BaseDatabaseSchemaEditor) -> None:
        if schema.connection.vendor == "postgresql":
            schema.execute(f"DROP TRIGGER {table}_append_only ON {table}")
            schema.execute(f"DROP TRIGGER {table}_no_truncate ON {table}")
            schema.execute(f"DROP FUNCTION {table}_refuse()")
        else:
            for verb in ("update", "delete"):
                schema.execute(f"DROP TRIGGER {table}_no_{verb}")

    operation = AppendOnly(forwards, backwards)
    operation.table = table
    return operation
