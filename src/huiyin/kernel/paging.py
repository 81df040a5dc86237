"""Keyset paging: a page is what follows a cursor, never an OFFSET."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db import DataError
from django.db.models import BooleanField, Case, F, Field, Func, Model, Q, QuerySet, Value, When
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from huiyin.kernel.problems import Invalid

Row = TypeVar("Row", bound=Model)
_LONGEST_CURSOR = 400
# What a made-up cursor raises on its way into the database: its value is as free as its maker.
_FOREIGN = (
    ValueError,
    TypeError,
    OverflowError,
    RecursionError,
    binascii.Error,
    ValidationError,
    DataError,
)


@dataclass(frozen=True)
class Page(Generic[Row]):
    rows: list[Row]
    next_cursor: str | None


class _Tuple(Func):
    """``(key, pk)``. Comparing such, an index of both columns goes straight to the place,
    however many rows share the same key."""

    template = "(%(expressions)s)"
    output_field = Field()


class _Compared(Func):
    """Its expressions with ``arg_joiner``, the sign, between them."""

    template = "%(expressions)s"
    output_field = BooleanField()
    conditional = True


def page(rows: QuerySet[Row], *, key: str, cursor: str | None, size: int) -> Page[Row]:
    """``size`` rows of ``rows`` after ``cursor``, ordered by ``key`` and the primary key.

    ``key`` is a field name, with ``-`` before it for descending; its values must not be null.
    Raises ``Invalid`` for a cursor this function did not make. One query.
    """
    name, descending = key.removeprefix("-"), key.startswith("-")
    try:
        if cursor:
            value, pk = _decode(cursor)
            rows = _beyond(rows, name, value, pk, descending=descending)
        found = list(rows.order_by(key, "-pk" if descending else "pk")[: size + 1])
    except _FOREIGN as error:
        raise _foreign_cursor() from error
    return _cut(found, name, size)


def row_by_row(condition: Q) -> Exact[Any]:
    """``condition`` as something that the database cannot look into.

    For a page of an ordered list most of whose rows fulfil it, the reader being an arbiter of the
    whole province for instance: the database then walks along the order and stops when the page is
    full. Seeing several conditions that mean the same it takes them for rare together, collects all
    there is, and sorts it.
    """
    judged = Case(When(condition, then=Value(True)), default=Value(False))
    return Exact(judged, Value(True))


def merged(
    sources: Sequence[QuerySet[Row]], *, key: str, cursor: str | None, size: int
) -> Page[Row]:
    """Like ``page``, of several querysets that have no row in common: each can then be read in its
    own order by its own index. One query each."""
    name, descending = key.removeprefix("-"), key.startswith("-")
    parts = [page(rows, key=key, cursor=cursor, size=size + 1).rows for rows in sources]
    found = sorted(
        (row for part in parts for row in part),
        key=lambda row: (getattr(row, name), row.pk),
        reverse=descending,
    )
    return _cut(found[: size + 1], name, size)


def _cut(found: list[Row], name: str, size: int) -> Page[Row]:
    """A page of ``size`` rows, of which one more is known if there is one."""
    if len(found) <= size:
        return Page(found, None)
    last = found[size - 1]
    return Page(found[:size], _encode(getattr(last, name), last.pk))


def _beyond(
    rows: QuerySet[Row], name: str, value: Any, pk: str, *, descending: bool
) -> QuerySet[Row]:
    annotated = rows.query.annotations.get(name)
    field: Any = annotated.output_field if annotated else rows.model._meta.get_field(name)
    key = rows.model._meta.pk
    last = _Tuple(
        Value(field.to_python(value), output_field=field),
        Value(key.to_python(pk), output_field=key),
    )
    after = _Compared(_Tuple(F(name), F("pk")), last, arg_joiner=" < " if descending else " > ")
    # Said twice: where the two columns are of different tables, an index still knows the first.
    return rows.filter(after, **{f"{name}__{'lte' if descending else 'gte'}": value})


def _encode(value: Any, pk: Any) -> str:
    text = json.dumps([value.isoformat() if hasattr(value, "isoformat") else value, str(pk)])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(cursor: str) -> tuple[Any, str]:
    if len(cursor) > _LONGEST_CURSOR:
        raise _foreign_cursor()
    padded = cursor + "=" * (-len(cursor) % 4)
    value, pk = json.loads(base64.urlsafe_b64decode(padded))
    if not isinstance(value, str | int) or isinstance(value, bool) or "\0" in f"{value}{pk}":
        raise _foreign_cursor()
    return value, str(pk)


def _foreign_cursor() -> Invalid:
    return Invalid(_("Ask again from the first page."), field="cursor")
