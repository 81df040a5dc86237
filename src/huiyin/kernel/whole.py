"""An answer in one piece, from who writes thousands a second straight to the connection.

An extension of ASGI: a server that can do so offers it among the extensions of a request.
The usual two messages have each header looked through and put together anew, which would be a
tenth of what a review costs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

_NAME, _SEND = "huiyin.whole", "send"
# Status, head and body; whether it was sent. If not, the usual messages will do.
Send = Callable[[int, bytes, bytes], bool]


def offer(send: Send) -> dict[str, dict[object, object]]:
    """The extensions of a request that ``send`` answers."""
    return {_NAME: {_SEND: send}}


def offered(scope: Mapping[str, Any]) -> Send | None:
    """The way to answer this request in one piece, if there is one."""
    extension = (scope.get("extensions") or {}).get(_NAME)
    return extension[_SEND] if extension else None


def head(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Headers as they are sent."""
    return b"".join([b"%b: %b\r\n" % each for each in headers])
