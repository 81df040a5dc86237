"""Adding to stored sums, many at once: Django's own upsert can replace a value, not add to it."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any, cast

from django.db import connection
from django.db.models import Field, Model

# Below SQLite's smallest limit of parameters in one statement: 8 a row.
_BATCH = 1000


def add_up(model: type[Model], key: tuple[str, ...], sums: Mapping[tuple[Any, ...], int]) -> None:
    """Add ``sums`` to the rows of ``model`` (their field ``amount``), by their unique ``key``.

    A row that is not there yet is made. One statement for each thousand sums.
    """
    fields: list[Field[Any, Any]] = [
        cast("Field[Any, Any]", model._meta.get_field(name)) for name in (*key, "amount")
    ]
    table = connection.ops.quote_name(model._meta.db_table)
    columns = [connection.ops.quote_name(str(field.column)) for field in fields]
    one = f"({', '.join(['%s'] * len(columns))})"
    # In a fixed order, so that two writers could never wait for each other in a circle.
    rows = iter(sorted(sums.items(), key=repr))
    while batch := list(islice(rows, _BATCH)):
        values = ", ".join([one] * len(batch))
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {table} ({', '.join(columns)}) VALUES {values} "  # noqa: S608 - names are ours
                f"ON CONFLICT ({', '.join(columns[:-1])}) "
                f"DO UPDATE SET amount = {table}.amount + excluded.amount",
                [
                    field.get_db_prep_save(value, connection)
                    for names, amount in batch
                    for field, value in zip(fields, (*names, amount), strict=True)
                ],
            )
