"""Keyset paging: a page is what follows a cursor, never an OFFSET."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db import DataError
from django.db.models import Model, Q, QuerySet
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


def page(rows: QuerySet[Row], *, key: str, cursor: str | None, size: int) -> Page[Row]:
    """``size`` rows of ``rows`` after ``cursor``, ordered by ``key`` and the primary key.

    ``key`` is a field name, with ``-`` before it for descending; its values must not be null.
    Raises ``Invalid`` for a cursor this function did not make. One query.
    """
    name, descending = key.removeprefix("-"), key.startswith("-")
    towards = "lt" if descending else "gt"
    try:
        if cursor:
            value, pk = _decode(cursor)
            rows = rows.filter(
                Q(**{f"{name}__{towards}": value}) | Q(**{name: value, f"pk__{towards}": pk})
            )
        found = list(rows.order_by(key, "-pk" if descending else "pk")[: size + 1])
    except _FOREIGN as error:
        raise _foreign_cursor() from error
    if len(found) <= size:
        return Page(found, None)
    last = found[size - 1]
    return Page(found[:size], _encode(getattr(last, name), last.pk))


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
