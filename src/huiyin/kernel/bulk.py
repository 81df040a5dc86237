"""Writing many rows in one statement, without an object for each.

For what runs a thousand times a second; everything else saves models. PostgreSQL takes many new
rows by COPY, a few by one prepared INSERT from arrays, and changes by one UPDATE from arrays;
SQLite takes all by ``executemany``. The caller gives every column that has no default in the
database, JSON as text, and keeps the transaction. What was read as text, keys and moments too, may
be given back as it came.

What is inserted inside ``gathered()`` travels as one statement.
"""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from itertools import repeat
from operator import attrgetter
from typing import Any, NamedTuple, cast
from uuid import UUID

import psycopg
from django.db import connection, transaction
from django.db.models import Field, JSONField, Model

from huiyin.kernel import clock

# What COPY's text format gives a meaning of its own.
_special = re.compile(r"[\\\t\n\r]").search
_SPECIAL = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})
_UNLESS_THERE = " ON CONFLICT DO NOTHING"
# From so many rows on, COPY is worth its two waits for the database.
_MANY = 300


class _Insert(NamedTuple):
    """An INSERT from arrays that waits for others to travel with."""

    model: type[Model]
    fields: tuple[str, ...]
    alike: tuple[str, ...]
    parameters: list[str | None]
    # Rows whose unique key is there already are left out.
    missing: bool


class _Call(NamedTuple):
    """A function of the database that waits to be called with them."""

    name: str
    arguments: Sequence[str]


class _Waiting:
    """What one thread has gathered."""

    def __init__(self) -> None:
        self.inserts: list[_Insert] = []
        self.calls: list[_Call] = []
        self.afterwards: list[Callable[[], None]] = []


class _Gathering(threading.local):
    """None outside ``gathered()``."""

    waiting: _Waiting | None = None


_gathering = _Gathering()


@contextmanager
def gathered() -> Iterator[None]:
    """Send all that ``insert`` writes in here as one statement, at the end of the block.

    On PostgreSQL, where a dozen statements cost more in waiting than in writing; elsewhere each is
    sent as it comes. What is raised by one of them is raised at the end.
    """
    if connection.vendor != "postgresql" or _gathering.waiting is not None:
        yield
        return
    waiting = _gathering.waiting = _Waiting()
    try:
        yield
    finally:
        _gathering.waiting = None
    _send(waiting.inserts, waiting.calls)
    for callback in waiting.afterwards:
        transaction.on_commit(callback)


def is_whole() -> bool:
    """Whether what is inserted now is stored all or nothing: in a transaction, or gathered."""
    return connection.in_atomic_block or _gathering.waiting is not None


def call(function: str, *arguments: Sequence[str]) -> None:
    """Call ``function`` of the database for what it does, once with each of ``arguments`` (texts);
    what is gathered takes the calls with it. PostgreSQL only."""
    calls = [_Call(function, one) for one in arguments]
    if _gathering.waiting is not None:
        _gathering.waiting.calls += calls
    else:
        _send([], calls)


def when_stored(callback: Callable[[], None]) -> None:
    """Call ``callback`` once what is written now is stored for good."""
    if _gathering.waiting is not None:
        _gathering.waiting.afterwards.append(callback)
    else:
        transaction.on_commit(callback)


def _send(inserts: Sequence[_Insert], calls: Sequence[_Call]) -> None:
    """Send these as one statement."""
    if not inserts and not calls:
        return
    shape = (
        tuple((one.model, one.fields, one.alike, one.missing) for one in inserts),
        tuple((one.name, len(one.arguments)) for one in calls),
    )
    values = [value for one in inserts for value in one.parameters]
    values += [value for one in calls for value in one.arguments]
    _execute(_statement(*shape), values, prepare=True)


# For so long the database's plan of a query is believed, and until it was asked twice as often.
_PLAN_SECONDS = 10.0
_asked: Counter[str] = Counter()


def fetch(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The rows of a query. Its plan, which costs more than a few rows, is kept for some seconds.

    One that was kept longer could be that of the day on which its tables were empty; and a table
    that grows with each time that we ask has at most doubled since.
    """
    if connection.vendor != "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return list(cursor.fetchall())
    _asked[sql] += 1
    # Another text is another plan; the driver lets go of the older ones.
    age = f"{_asked[sql].bit_length()} {clock.monotonic() // _PLAN_SECONDS:.0f}"
    return list(_execute(f"{_numbered(sql)} -- {age}", parameters, prepare=True).fetchall())


def _execute(sql: str, parameters: Sequence[Any], *, prepare: bool) -> psycopg.Cursor[Any]:
    connection.ensure_connection()
    if connection.queries_logged:
        connection.queries_log.append({"sql": sql, "time": "0"})
    with connection.wrap_database_errors:
        # Django's own cursor writes the values into the statement, which is then planned anew; the
        # usual one looks for the places of the values in a long statement each time.
        cursor = psycopg.RawCursor(connection.connection)
        return cursor.execute(sql, parameters, prepare=prepare)


@lru_cache(maxsize=64)
def _numbered(sql: str) -> str:
    """``sql`` with PostgreSQL's own marks ($1, $2, …) instead of %s."""
    first, *rest = sql.split("%s")
    return first + "".join(f"${number}{part}" for number, part in enumerate(rest, start=1))


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
    if connection.vendor == "postgresql":
        rows = list(rows)
        if len(rows) < _MANY or _gathering.waiting is not None:
            _insert_few(model, tuple(fields), rows, same)
            return
    if connection.vendor != "postgresql":
        _insert_each(model, fields, rows, same)
        return
    table, columns = _quoted(model._meta.db_table), _columns(model, (*fields, *same))
    end = "".join("\t" + _copied(value) for value in same.values()) + "\n"
    lines = map("\t".join, zip(*map(_column, zip(*rows, strict=True)), strict=True))
    text = "".join([line + end for line in lines])
    names = ", ".join(map(_quoted, columns))
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy,
    ):
        copy.write(text)


def _insert_each(
    model: type[Model],
    fields: Sequence[str],
    rows: Iterable[Sequence[Any]],
    same: Mapping[str, Any],
    unless: str = "",
) -> None:
    table, columns = _quoted(model._meta.db_table), _columns(model, (*fields, *same))
    always = tuple(map(_bound, same.values()))
    names, marks = ", ".join(map(_quoted, columns)), ", ".join(["%s"] * len(columns))
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {table} ({names}) VALUES ({marks}){unless}",  # noqa: S608 - our own names
            [(*map(_bound, row), *always) for row in rows],
        )


def insert_new(objects: Sequence[Model]) -> None:
    """Insert ``objects`` of one model, none of which is stored yet, in one statement."""
    if objects:
        insert(type(objects[0]), *_fields_and_rows(objects))


def insert_missing(objects: Sequence[Model]) -> None:
    """As ``insert_new``, but objects of which a unique key is stored already are left out."""
    if not objects:
        return
    model = type(objects[0])
    fields, rows = _fields_and_rows(objects)
    if connection.vendor == "postgresql":
        # COPY knows no conflicts.
        _insert_few(model, fields, rows, {}, missing=True)
    else:
        _insert_each(model, fields, rows, {}, _UNLESS_THERE)


def _fields_and_rows(objects: Sequence[Model]) -> tuple[tuple[str, ...], list[list[Any]]]:
    fields = objects[0]._meta.concrete_fields
    read = [_reader(field) for field in fields]
    names = tuple(field.name for field in fields)
    return names, [[value(each) for value in read] for each in objects]


def _reader(field: Any) -> Callable[[Model], Any]:
    if isinstance(field, JSONField):
        encoder = field.encoder
        return lambda each: json.dumps(getattr(each, field.attname), cls=encoder)
    reader: Callable[[Model], Any] = attrgetter(field.attname)
    return reader


def _insert_few(
    model: type[Model],
    fields: tuple[str, ...],
    rows: Sequence[Sequence[Any]],
    same: Mapping[str, Any],
    *,
    missing: bool = False,
) -> None:
    if not rows:
        return
    columns: list[str | None] = [array(column) for column in zip(*rows, strict=True)]
    values = [None if value is None else _plain(value) for value in same.values()]
    one = _Insert(model, fields, tuple(same), columns + values, missing)
    if _gathering.waiting is not None:
        _gathering.waiting.inserts.append(one)
    else:
        _send([one], [])


@lru_cache(maxsize=256)
def _statement(
    inserts: tuple[tuple[type[Model], tuple[str, ...], tuple[str, ...], bool], ...],
    calls: tuple[tuple[str, int], ...],
) -> str:
    """The statement of INSERTs, each with the arrays of its rows and the values that are alike in
    all of them, and of calls, each with so many arguments."""
    parts = []
    for place, (model, fields, alike, missing) in enumerate(inserts):
        table, columns = _quoted(model._meta.db_table), _columns(model, (*fields, *alike))
        names = ", ".join(map(_quoted, columns))
        arrays = ", ".join(f"%s::{_type(model._meta.get_field(name))}[]" for name in fields)
        given = [f"v{number}" for number in range(len(fields))]
        always = [f"%s::{_type(model._meta.get_field(name))}" for name in alike]
        unless = _UNLESS_THERE if missing else ""
        # The parameters of the arrays come before those of what is alike.
        parts.append(
            f"r{place}({', '.join(given)}) AS (SELECT * FROM unnest({arrays})), "  # noqa: S608
            f"i{place} AS (INSERT INTO {table} ({names}) "
            f"SELECT {', '.join([*given, *always])} FROM r{place}{unless})"
        )
    called = [f"{name}({', '.join(['%s'] * many)})" for name, many in calls]
    beginning = f"WITH {', '.join(parts)} " if parts else ""
    return _numbered(f"{beginning}SELECT {', '.join(called)}")


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
    """``values`` as the text of a PostgreSQL array. Most arrays hold one kind, looked at once."""
    kinds = set(map(type, values))
    if kinds == {str}:
        inside = "".join(values)
        if '"' not in inside and "\\" not in inside:
            return '{"' + '","'.join(values) + '"}' if values else "{}"
    elif kinds == {UUID}:
        return "{" + ",".join([f"{value.int:032x}" for value in values]) + "}"
    elif kinds == {bytes}:
        return "{" + ",".join([rf'"\\x{value.hex()}"' for value in values]) + "}"
    return "{" + ",".join(map(_element, values)) + "}"


def _element(value: Any) -> str:
    if value is None:
        return "NULL"
    text = _plain(value)
    if '"' in text or "\\" in text:
        text = text.replace("\\", r"\\").replace('"', r"\"")
    return f'"{text}"'


def _plain(value: Any) -> str:
    """``value`` as PostgreSQL reads it."""
    kind = value.__class__
    if kind is UUID:
        return f"{value.int:032x}"
    if kind is bytes:
        return rf"\x{value.hex()}"
    return _moment(value) if kind is datetime else str(value)


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
