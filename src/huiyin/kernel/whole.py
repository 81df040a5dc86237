"""An answer in one piece, from who writes thousands a second straight to the connection.

An extension of ASGI: a server that can do so offers ``WHOLE`` among the extensions of a request.
The usual two messages have each header looked through and put together anew, which would be a
tenth of what a review costs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

WHOLE = "huiyin.whole"
# Status, head and body; whether it was sent. If not, the usual messages will do.
Send = Callable[[int, bytes, bytes], bool]


def offered(scope: Mapping[str, Any]) -> Send | None:
    """The way to answer this request in one piece, if there is one."""
    found: Send | None = (scope.get("extensions") or {}).get(WHOLE)
    return found


def head(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Headers as they are sent."""
    return b"".join([b"%b: %b\r\n" % each for each in headers])
