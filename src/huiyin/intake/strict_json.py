"""JSON as the standard means it: no repeated keys, no NaN, no lone halves of characters hidden.

A repeated key is a sign of two systems writing one record: whichever value a parser keeps, the
other one was meant by somebody.
"""

from __future__ import annotations

import json
from typing import Any


class Malformed(ValueError):
    """The text is not JSON."""


class RepeatedKey(ValueError):
    """An object names a key twice; ``key`` says which."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(key)


class Repeating(dict[str, Any]):
    """An object with a repeated key, kept so that only its own row is refused."""

    key: str


def loads(data: bytes | str, *, keep_repeating: bool = False) -> Any:
    """The value in ``data`` (UTF-8). Raises ``Malformed`` or ``RepeatedKey``.

    With ``keep_repeating`` an object that repeats a key comes as ``Repeating`` instead.
    """

    def an_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) == len(pairs):
            return found
        names = [name for name, _value in pairs]
        key = next(name for place, name in enumerate(names) if name in names[:place])
        if not keep_repeating:
            raise RepeatedKey(key)
        kept = Repeating(found)
        kept.key = key
        return kept

    try:
        text = data if isinstance(data, str) else data.decode("utf-8")
        return json.loads(text, object_pairs_hook=an_object, parse_constant=_no_constant)
    except RepeatedKey:
        raise
    except (ValueError, RecursionError) as error:
        raise Malformed from error


def _no_constant(name: str) -> None:
    raise Malformed(name)
