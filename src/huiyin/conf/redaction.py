"""Keeps invitation tokens and receipt codes out of the log: whoever reads them could act on them.
And what existing systems write into an address.

No line of ours names one, but Django's own do: a page that broke, a method that is not allowed, a
form without its token are logged with their address. And PostgreSQL says which values it refused,
which are citizens': of its errors only the first line is kept.
"""

from __future__ import annotations

import logging
import re
from typing import Any

_KEYS = re.compile(r"(/(?:i|q|r|s|slip|api/v1/receipts)/)[^/?#\s\"']+")
# Existing systems send citizens here with all that they know of them in the address.
_QUERIES = re.compile(r"(/gateways/[^?#\s\"']*\?)[^\s\"']+")
# Values may have lines of their own; what comes after them is another traceback, or nothing.
_VALUES = re.compile(
    r"^(DETAIL|CONTEXT):.*?(?=\n\n(?:The above exception|During handling)|\Z)",
    re.MULTILINE | re.DOTALL,
)


def cut(text: str) -> str:
    """``text`` with the keys in its addresses, queries to gateways, and values that a database
    refused, replaced by …."""
    return _VALUES.sub(r"\1: …", _QUERIES.sub(r"\1…", _KEYS.sub(r"\1…", text)))


def redact(record: logging.LogRecord) -> bool:
    """Cuts the keys out of a record's message and its parameters; drops nothing."""
    if isinstance(record.msg, str):
        record.msg = cut(record.msg)
    if isinstance(record.args, dict):
        record.args = {name: _cut_any(value) for name, value in record.args.items()}
    elif record.args:
        record.args = tuple(_cut_any(value) for value in record.args)
    return True


def _cut_any(value: Any) -> Any:
    return cut(value) if isinstance(value, str) else value


class Formatter(logging.Formatter):
    """Cuts the keys out of the finished line, a traceback included."""

    def format(self, record: logging.LogRecord) -> str:
        return cut(super().format(record))
