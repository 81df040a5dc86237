"""Writing many rows in one statement, without an object for each.

For what runs a thousand times a second; everything else saves models. PostgreSQL takes new rows by
COPY and changes by one UPDATE from arrays, SQLite both by ``executemany``. The caller gives every
column that has no default in the database, JSON as text, and keeps the transaction. What was read
as text, keys and moments too, may be given back as it came.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import repeat
from typing import Any, cast
from uuid import UUID

from django.db import connection
from django.db.models import Field, Model

# What COPY's text format gives a meaning of its own.
_special = re.compile(r"[\\\t\n\r]").search
_SPECIAL = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})
# So many rows at once stay in a processor's cache.
_SLICE = 5_000


def insert(
    model: type[Model],
    fields: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    same: Mapping[str, Any] | None = None,
) -> None:
    """Insert ``rows``, each with the values of ``fields`` (field names) in their order; ``same``
    are the fields that are alike in all of them.

    Keys to other rows are given as such. Raises ``IntegrityError`` as any insert does.
    """
    same = same or {}
    table, columns = _quoted(model._meta.db_table), _columns(model, (*fields, *same))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            end = "".join("\t" + _copied(value) for value in same.values()) + "\n"
            lines = map("\t".join, zip(*map(_column, zip(*rows, strict=True)), strict=True))
            text = "".join([line + end for line in lines])
            names = ", ".join(map(_quoted, columns))
            with (
                connection.wrap_database_errors,
                cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy,
            ):
                copy.write(text)
        else:
            always = tuple(map(_bound, same.values()))
            names, marks = ", ".join(map(_quoted, columns)), ", ".join(["%s"] * len(columns))
            cursor.executemany(
                f"INSERT INTO {table} ({names}) VALUES ({marks})",  # noqa: S608 - our own names
                [(*map(_bound, row), *always) for row in rows],
            )


def insert_columns(
    model: type[Model],
    fields: Sequence[str],
    columns: Sequence[Sequence[Any]],
    *,
    same: Mapping[str, Any] | None = None,
) -> None:
    """As ``insert``, for very many rows that are at hand column by column: those of ``fields`` in
    their order, all of one length. Few of them exist as rows at the same time; on PostgreSQL they
    go by one COPY."""
    same = same or {}
    table = _quoted(model._meta.db_table)
    names = _columns(model, (*fields, *same))
    quoted = ", ".join(map(_quoted, names))
    slices = (
        [column[start : start + _SLICE] for column in columns]
        for start in range(0, len(columns[0]), _SLICE)
    )
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            end = "".join("\t" + _copied(value) for value in same.values()) + "\n"
            with (
                connection.wrap_database_errors,
                cursor.copy(f"COPY {table} ({quoted}) FROM STDIN") as copy,
            ):
                for some in slices:
                    lines = map("\t".join, zip(*map(_column, some), strict=True))
                    copy.write(end.join([*lines, ""]))
            return
        always = [repeat(_bound(value)) for value in same.values()]
        marks = ", ".join(["%s"] * len(names))
        sql = f"INSERT INTO {table} ({quoted}) VALUES ({marks})"  # noqa: S608 - our own names
        for some in slices:
            rows = zip(*(map(_bound, column) for column in some), *always, strict=False)
            cursor.executemany(sql, cast("Any", rows))


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
                [array(column) for column in zip(*rows, strict=True)],
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


def _column(values: Sequence[Any]) -> Iterable[str]:
    """A column's ``values`` in COPY's text format. Most columns hold one kind, looked at once."""
    kinds = set(map(type, values))
    if kinds == {str} and not _special("".join(values)):
        return values
    if kinds == {UUID}:
        return [f"{value.int:032x}" for value in values]
    return map(_copied, values)


def _copied(value: Any) -> str:
    """``value`` in COPY's text format."""
    kind = value.__class__
    if kind is str:
        text: str = value
        return text.translate(_SPECIAL) if _special(text) else text
    if kind is UUID:
        return f"{value.int:032x}"
    if value is None:
        return r"\N"
    if kind is bytes:
        return rf"\\x{value.hex()}"
    return _moment(value) if kind is datetime else str(value)


def array(values: Sequence[Any]) -> str:
    """``values`` as the text of a PostgreSQL array."""
    if set(map(type, values)) == {str}:
        inside = "".join(values)
        if '"' not in inside and "\\" not in inside:
            return '{"' + '","'.join(values) + '"}'
    return "{" + ",".join(map(_element, values)) + "}"


def _element(value: Any) -> str:
    kind = value.__class__
    if value is None:
        return "NULL"
    if kind is UUID:
        return f"{value.int:032x}"
    text: str = _moment(value) if kind is datetime else str(value)
    if '"' in text or "\\" in text:
        text = text.replace("\\", r"\\").replace('"', r"\"")
    return f'"{text}"'


def _bound(value: Any) -> Any:
    """``value`` as Django's models store it in SQLite."""
    kind = value.__class__
    if kind is UUID:
        return f"{value.int:032x}"
    return _moment(value) if kind is datetime else value


# The same few moments come again and again.
@lru_cache(maxsize=4096)
def _moment(value: datetime) -> str:
    """In UTC; SQLite keeps no zone."""
    naive = str(value.astimezone(UTC).replace(tzinfo=None))
    return f"{naive}+00" if connection.vendor == "postgresql" else naive
