"""Emptying the database between tests, although parts of it refuse to be emptied.

A transactional test really commits, so Django flushes all tables after it. Two things stand in the
way, and both are dealt with at the one place where the flush is carried out:

- reviews, steps and log entries refuse DELETE and TRUNCATE by triggers: the flush alone lifts them;
- rows that migrations wrote (calendars) would be gone for the next test: what was there after
  migrating, the baseline, is put back.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.apps import apps
from django.core.management.color import no_style
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.operations import BaseDatabaseOperations
from django.db.backends.utils import CursorWrapper

_BASELINE = "baseline_of_"
_plain_flush = BaseDatabaseOperations.execute_sql_flush


def remember_baseline(connection: BaseDatabaseWrapper) -> None:
    """Keep a copy of every row there is now; the flush puts it back."""
    with connection.cursor() as cursor:
        for table in connection.introspection.django_table_names(only_existing=True):
            cursor.execute(f'SELECT EXISTS (SELECT 1 FROM "{table}")')
            if cursor.fetchone()[0]:
                cursor.execute(f'CREATE TABLE "{_BASELINE}{table}" AS SELECT * FROM "{table}"')


def flush(operations: BaseDatabaseOperations, sql_list: list[str]) -> None:
    """Stands in for ``BaseDatabaseOperations.execute_sql_flush`` during the tests.

    Sequences go on where they are, whatever the caller wanted.
    """
    connection = connections[operations.connection.alias]
    with (
        transaction.atomic(using=connection.alias),
        connection.cursor() as cursor,
        _triggers_lifted(connection, cursor),
    ):
        if connection.vendor == "postgresql":
            # On tables as small as a test's, far quicker than the TRUNCATE that Django would do.
            for table in connection.introspection.django_table_names(only_existing=True):
                cursor.execute(f'DELETE FROM "{table}"')
        else:
            _plain_flush(operations, sql_list)
        _put_back_baseline(connection, cursor)


def _put_back_baseline(connection: BaseDatabaseWrapper, cursor: CursorWrapper) -> None:
    tables = {
        name.removeprefix(_BASELINE)
        for name in connection.introspection.table_names(cursor)
        if name.startswith(_BASELINE)
    }
    for table in tables:
        cursor.execute(f'INSERT INTO "{table}" SELECT * FROM "{_BASELINE}{table}"')
    models = [model for model in apps.get_models() if model._meta.db_table in tables]
    for statement in connection.ops.sequence_reset_sql(no_style(), models):
        cursor.execute(statement)


@contextmanager
def _triggers_lifted(connection: BaseDatabaseWrapper, cursor: CursorWrapper) -> Iterator[None]:
    if connection.vendor == "postgresql":
        # Only a superuser may do this; the application's role cannot.
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield
        cursor.execute("SET LOCAL session_replication_role = origin")
        return
    cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    triggers = cursor.fetchall()
    for name, _sql in triggers:
        cursor.execute(f'DROP TRIGGER "{name}"')
    yield
    for _name, sql in triggers:
        cursor.execute(sql)
