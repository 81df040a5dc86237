"""What binds the rows of imported reviews to their entry in the log. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

# Fields of ``ImportedReview`` in the order in which they are written.
FIELDS = (
    *("organisation", "item_code", "counter_number", "channel", "level", "tags", "day"),
    "reference",
)


def digest_of(rows: Iterable[Sequence[str]]) -> str:
    """SHA-256, hexadecimal, of a line for each of ``rows`` in their order: the values of ``FIELDS``
    with tabs between them, keys as 32 hexadecimal digits, what is not there empty."""
    lines = map("\t".join, rows)
    return hashlib.sha256("\n".join([*lines, ""]).encode()).hexdigest()
