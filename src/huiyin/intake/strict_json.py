"""JSON as the standard means it: no repeated keys, no NaN, no lone halves of characters hidden.

A repeated key is a sign of two systems writing one record: whichever value a parser keeps, the
other one was meant by somebody.
"""

from __future__ import annotations

import json
from math import isfinite
from typing import Any

# No number that means anything here is as long, and Python refuses to read far longer ones.
_LONGEST_NUMBER = 400


class Malformed(ValueError):
    """The text is not JSON."""


class NotFinite(Malformed):
    """NaN or Infinity, which some writers emit and no standard knows."""


class TooLong(Malformed):
    """A number of very many digits, or too large to be one."""


class TooDeep(Malformed):
    """Lists within lists beyond any sense."""


class Unreadable:
    """Stands for a value that is none, so that only its own row is refused."""


class RepeatedKey(ValueError):
    """An object names a key twice; ``key`` says which."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(key)


class Repeating(dict[str, Any]):
    """An object with a repeated key, kept so that only its own row is refused."""

    key: str


def loads(data: bytes | str, *, by_row: bool = False) -> Any:
    """The value in ``data`` (UTF-8). Raises ``Malformed`` or ``RepeatedKey``.

    With ``by_row`` an object that repeats a key comes as ``Repeating`` instead, and a number that
    is none as ``Unreadable``.
    """

    def unreadable(kind: type[Malformed]) -> Unreadable:
        if not by_row:
            raise kind
        return Unreadable()

    def an_integer(digits: str) -> int | Unreadable:
        return int(digits) if len(digits) <= _LONGEST_NUMBER else unreadable(TooLong)

    def a_float(digits: str) -> float | Unreadable:
        found = float(digits)
        return found if isfinite(found) else unreadable(TooLong)

    def an_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) == len(pairs):
            return found
        names = [name for name, _value in pairs]
        key = next(name for place, name in enumerate(names) if name in names[:place])
        if not by_row:
            raise RepeatedKey(key)
        kept = Repeating(found)
        kept.key = key
        return kept

    try:
        text = data if isinstance(data, str) else data.decode("utf-8")
        return json.loads(
            text,
            object_pairs_hook=an_object,
            parse_int=an_integer,
            parse_float=a_float,
            parse_constant=lambda _name: unreadable(NotFinite),
        )
    except (RepeatedKey, Malformed):
        raise
    except RecursionError as error:
        raise TooDeep from error
    except ValueError as error:
        raise Malformed from error
