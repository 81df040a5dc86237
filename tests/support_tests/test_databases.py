"""The harness itself: emptying tables that refuse to be emptied."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.db.migrations.state import ProjectState

from huiyin.kernel.append_only import append_only
from huiyin.kernel.models import DemoClock


@pytest.fixture
def append_only_table(transactional_db: None) -> Iterator[None]:
    operation = append_only(DemoClock._meta.db_table)
    now = ProjectState()
    with connection.schema_editor() as schema:
        operation.database_forwards("kernel", schema, now, now)
    yield
    with connection.schema_editor() as schema:
        operation.database_backwards("kernel", schema, now, now)


def refused(change: str) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        connection.cursor().execute(change)


@pytest.mark.usefixtures("append_only_table")
def test_a_flush_empties_append_only_tables_and_leaves_them_append_only() -> None:
    table = DemoClock._meta.db_table
    DemoClock.objects.create(pk=1, moved_by=timedelta(hours=1))
    refused(f"DELETE FROM {table}")

    call_command("flush", interactive=False, verbosity=0)

    assert not DemoClock.objects.exists()
    DemoClock.objects.create(pk=1, moved_by=timedelta(hours=2))
    refused(f"UPDATE {table} SET id = 1")
    refused(f"DELETE FROM {table}")


@pytest.mark.django_db(transaction=True)
def test_a_flush_puts_back_what_migrating_had_written() -> None:
    permissions = ContentType.objects.get(app_label="auth", model="permission")

    call_command("flush", interactive=False, verbosity=0, inhibit_post_migrate=True)

    assert ContentType.objects.get(app_label="auth", model="permission").pk == permissions.pk
