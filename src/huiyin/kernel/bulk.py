"""Writing many rows in one statement, without an object for each.

For what runs a thousand times a second; everything else saves models. PostgreSQL takes new rows by
COPY and changes by one UPDATE from arrays, SQLite both by ``executemany``. The caller gives every
column that has no default in the database, JSON as text, and keeps the transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Field, Model

# What COPY's text format gives a meaning of its own.
_SPECIAL = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


def insert(model: type[Model], fields: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert ``rows``, each with the values of ``fields`` (field names) in their order.

    Keys to other rows are given as such. Raises ``IntegrityError`` as any insert does.
    """
    table, columns = _quoted(model._meta.db_table), _columns(model, fields)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            text = "".join(["\t".join(map(_copied, row)) + "\n" for row in rows])
            names = ", ".join(map(_quoted, columns))
            with (
                connection.wrap_database_errors,
                cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy,
            ):
                copy.write(text)
        else:
            names, marks = ", ".join(map(_quoted, columns)), ", ".join(["%s"] * len(columns))
            cursor.executemany(
                f"INSERT INTO {table} ({names}) VALUES ({marks})",  # noqa: S608 - our own names
                [tuple(map(_bound, row)) for row in rows],
            )


def update(model: type[Model], fields: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Set ``fields`` of the rows whose primary key comes first in each of ``rows``, followed by
    the values in the order of ``fields``."""
    if not rows:
        return
    table, columns = _quoted(model._meta.db_table), _columns(model, fields)
    key = model._meta.pk
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            names = [f"v{place}" for place in range(len(columns) + 1)]
            changes = ", ".join(
                f"{_quoted(column)} = v.{name}"
                for column, name in zip(columns, names[1:], strict=True)
            )
            types = [_type(key), *(_type(model._meta.get_field(name)) for name in fields)]
            arrays = ", ".join(f"%s::{kind}[]" for kind in types)
            cursor.execute(
                f"UPDATE {table} AS t SET {changes} "  # noqa: S608 - our own names
                f"FROM unnest({arrays}) AS v({', '.join(names)}) "
                f"WHERE t.{_quoted(key.column)} = v.v0",
                [_array(column) for column in zip(*rows, strict=True)],
            )
        else:
            changes = ", ".join(f"{_quoted(column)} = %s" for column in columns)
            cursor.executemany(
                f"UPDATE {table} SET {changes} "  # noqa: S608 - our own names
                f"WHERE {_quoted(key.column)} = %s",
                [(*map(_bound, row[1:]), _bound(row[0])) for row in rows],
            )


def _quoted(name: str | None) -> str:
    return str(connection.ops.quote_name(name or ""))


def _columns(model: type[Model], fields: Sequence[str]) -> list[str]:
    return [str(model._meta.get_field(name).column) for name in fields]  # type: ignore[union-attr]


def _type(field: Any) -> str:
    found: Field[Any, Any] = getattr(field, "target_field", field)
    return str(found.db_type(connection))


def _copied(value: Any) -> str:
    """``value`` in COPY's text format."""
    if value is None:
        return r"\N"
    if isinstance(value, str):
        return value.translate(_SPECIAL) if _has_special(value) else value
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, bytes):
        return r"\\x" + value.hex()
    return str(value)


def _has_special(text: str) -> bool:
    return "\\" in text or "\t" in text or "\n" in text or "\r" in text


def _array(values: Sequence[Any]) -> str:
    """``values`` as the text of a PostgreSQL array."""
    return "{" + ",".join(map(_element, values)) + "}"


def _element(value: Any) -> str:
    if value is None:
        return "NULL"
    text = value.hex if isinstance(value, UUID) else str(value)
    return '"' + text.replace("\\", r"\\").replace('"', r"\"") + '"'


def _bound(value: Any) -> Any:
    """``value`` as Django's models store it in SQLite."""
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, datetime):
        return str(value.astimezone(UTC).replace(tzinfo=None))
    return value
