"""Asking a server, on a short leash: sizes, times and redirects are bounded."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from typing import IO, Any
from urllib.parse import SplitResult, urlsplit

from huiyin.verify import clock
from huiyin.verify.problems import (
    AddressInvalid,
    RedirectRefused,
    Refused,
    TooLarge,
    TooSlow,
    Unreachable,
)

# Seconds without a byte, and for one answer altogether.
SILENCE = 10.0
PATIENCE = 60.0
_CHUNK = 64 * 1024
_AGENT = "huiyin-verify/1"


def site_of(address: str) -> str:
    """Scheme, host and port of ``address``."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def checked_address(address: str) -> str:
    """``address`` without a final slash. Raises ``AddressInvalid`` for what is no plain http(s)
    address."""
    try:
        parts = urlsplit(address)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError:
        raise AddressInvalid(address=address) from None
    if (
        parts.scheme not in {"http", "https"}
        or not parts.hostname
        or not port_is_fine
        or parts.username is not None
        or parts.query
        or parts.fragment
        or not address.isascii()
        or not address.isprintable()
        or " " in address
    ):
        raise AddressInvalid(address=address)
    return address.rstrip("/")


class _SameHost(urllib.request.HTTPRedirectHandler):
    """Follows a redirect within the same scheme, host and port, and no other."""

    max_redirections = 3

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: Any,
        newurl: str,
    ) -> urllib.request.Request | None:
        if _place(urlsplit(newurl)) != _place(urlsplit(req.full_url)):
            raise RedirectRefused(address=newurl)
        fp.close()  # its body would be read to the end, however long
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _place(parts: SplitResult) -> tuple[str, str | None, int | None]:
    return parts.scheme, parts.hostname, parts.port


_opener = urllib.request.build_opener(_SameHost)


def get(address: str, *, limit: int, missing_is_none: bool = False) -> bytes | None:
    """The body at ``address``, at most ``limit`` bytes; None for 404 when ``missing_is_none``.

    Raises ``Unreachable`` or one of its kind.
    """
    try:
        return _ask(urllib.request.Request(address, headers={"User-Agent": _AGENT}), limit)  # noqa: S310
    except Refused as refused:
        if missing_is_none and refused.params["status"] == 404:
            return None
        raise


def post(address: str, body: bytes, *, limit: int = _CHUNK) -> bytes:
    """Send ``body`` as text; the answer. Raises ``Unreachable`` or one of its kind."""
    headers = {"User-Agent": _AGENT, "Content-Type": "text/plain; charset=utf-8"}
    return _ask(urllib.request.Request(address, data=body, headers=headers, method="POST"), limit)  # noqa: S310


def _ask(request: urllib.request.Request, limit: int) -> bytes:
    address, ends = request.full_url, clock.monotonic() + PATIENCE
    try:
        with _opener.open(request, timeout=SILENCE) as answer:
            return _read(answer, address, limit, ends)
    except urllib.error.HTTPError as error:
        with error:
            retry_after = error.headers.get("Retry-After", "") if error.headers else ""
        raise Refused(address=address, status=error.code, retry_after=retry_after) from None
    except TimeoutError:
        raise TooSlow(address=address) from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None)
        if isinstance(reason, TimeoutError):
            raise TooSlow(address=address) from None
        raise Unreachable(
            address=address, reason=str(reason or error) or type(error).__name__
        ) from None


def _read(answer: Any, address: str, limit: int, ends: float) -> bytes:
    parts, length = [], 0
    # read1 returns what has come: a server that drips cannot hold us longer than the patience.
    while part := answer.read1(_CHUNK):
        parts.append(part)
        length += len(part)
        if length > limit:
            raise TooLarge(address=address, limit=limit)
        if clock.monotonic() > ends:
            raise TooSlow(address=address)
    return b"".join(parts)
