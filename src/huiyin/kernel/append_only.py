"""Database triggers that refuse UPDATE and DELETE, for both stores.

Used in migrations: ``append_only("reviews_review")``. The application could be asked politely not
to change a review; the database makes sure, whoever holds the connection.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState, StateApps

MESSAGE = "is append-only"
NO_UPDATE = "refuses changes"
NO_DELETE = "keeps its rows"


class Guard(Operation):
    """The operation, which knows its table: ``doctor`` asks which ones must be guarded.

    No ``RunPython``, for which Django would build all classes anew each time.
    """

    reversible = True

    def __init__(self, table: str, verbs: tuple[str, ...], message: str) -> None:
        self.table = table
        # What it refuses beside TRUNCATE: UPDATE, DELETE or both.
        self.verbs = verbs
        # How many triggers the table has, by the vendor of the database.
        self.triggers = {"postgresql": 2, "sqlite": len(verbs)}
        self._message = f"{table} {message}"

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Triggers are no part of the models."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        postgres = schema_editor.connection.vendor == "postgresql"
        for statement in self._on_postgres() if postgres else self._on_sqlite():
            schema_editor.execute(statement)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        table = self.table
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(f"DROP TRIGGER {table}_append_only ON {table}")
            schema_editor.execute(f"DROP TRIGGER {table}_no_truncate ON {table}")
            schema_editor.execute(f"DROP FUNCTION {table}_refuse()")
        else:
            for verb in self.verbs:
                schema_editor.execute(f"DROP TRIGGER {table}_no_{verb.lower()}")

    def put_back(self, apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
        """For ``RunPython`` after a change of the table: SQLite made it anew, without triggers."""
        if schema_editor.connection.vendor == "sqlite":
            for statement in self._on_sqlite():
                schema_editor.execute(statement)

    def describe(self) -> str:
        return f"Let {self.table} refuse {' and '.join(self.verbs)}"

    def _on_postgres(self) -> Iterator[str]:
        table = self.table
        yield f"""
            CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION '{self._message}'; END $$
            """
        yield f"""
            CREATE TRIGGER {table}_append_only BEFORE {" OR ".join(self.verbs)} ON {table}
            FOR EACH ROW EXECUTE FUNCTION {table}_refuse()
            """
        yield f"""
            CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()
            """

    def _on_sqlite(self) -> Iterator[str]:
        for verb in self.verbs:
            yield f"""
                CREATE TRIGGER {self.table}_no_{verb.lower()} BEFORE {verb} ON {self.table}
                BEGIN SELECT RAISE(ABORT, '{self._message}'); END
                """


def append_only(table: str) -> Guard:
    """A migration operation that makes ``table`` refuse UPDATE, DELETE and TRUNCATE."""
    return Guard(table, ("UPDATE", "DELETE"), MESSAGE)


def no_update(table: str) -> Guard:
    """A migration operation that makes ``table`` refuse UPDATE and TRUNCATE.

    For rows that name a person: the law may ask to delete them, never to write them anew. That a
    row which was deleted and put back is still what was first stored, ``huiyin doctor`` checks
    against the log.
    """
    return Guard(table, ("UPDATE",), NO_UPDATE)


def no_delete(table: str) -> Guard:
    """A migration operation that makes ``table`` refuse DELETE and TRUNCATE.

    For rows that others point to without a constraint of the database, which would have to look
    up and lock the row each time.
    """
    return Guard(table, ("DELETE",), NO_DELETE)
