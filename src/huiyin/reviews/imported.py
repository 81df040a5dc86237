"""What binds the rows of imported reviews to their entry in the log. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from itertools import islice

# Fields of ``ImportedReview`` in the order in which they are written.
FIELDS = (
    *("organisation", "item_code", "counter_number", "channel", "level", "tags", "day"),
    "reference",
)
_AT_ONCE = 5_000


def digest_of(rows: Iterable[Sequence[str]]) -> str:
    """SHA-256, hexadecimal, of a line for each of ``rows`` in their order: the values of ``FIELDS``
    with tabs between them, keys as 32 hexadecimal digits, what is not there empty."""
    lines, digest = map("\t".join, rows), hashlib.sha256()
    while some := list(islice(lines, _AT_ONCE)):
        digest.update("\n".join([*some, ""]).encode())
    return digest.hexdigest()
