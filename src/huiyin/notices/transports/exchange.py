"""One bounded HTTP exchange whose answer is read: by transports that learn from it what came of it.

Whatever the other side does (never answers, drips, sends too much or half of it), the exchange ends
in time with an ``Answer`` or with ``NoAnswer``, whose text is ours and names nothing secret.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from urllib.parse import urlsplit

import httpx

from huiyin.notices.transports.webhook.guard import Target

# For the whole exchange: no drip of bytes keeps a thread for longer.
SECONDS = 10.0
_CONNECT_SECONDS = 4.0
_LONGEST_ANSWER = 256 * 1024


class NoAnswer(Exception):
    """Nothing that could be read came back; the text says why.

    ``unsure``: the other side may have got what was sent.
    """

    def __init__(self, said: str, *, unsure: bool = False) -> None:
        super().__init__(said)
        self.unsure = unsure


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    # What the other side takes for the time, if it says so.
    date: datetime | None


def resolve(url: str) -> Target:
    """Where to connect for an address that the operator of this installation chose; it may lie in
    a network of the government's own. Raises ``NoAnswer``."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        [(*_, sockaddr), *_others] = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, ValueError) as error:
        raise NoAnswer("the name does not resolve") from error
    return Target(str(sockaddr[0]), host, port)


def post(
    url: str, target: Target, *, body: bytes, headers: dict[str, str], seconds: float
) -> Answer:
    """Post ``body`` to ``url``, connecting to ``target``; all within ``seconds``. Follows no
    redirect and uses no proxy: only where we looked. Raises ``NoAnswer``."""
    try:
        return asyncio.run(_exchange(httpx.URL(url), target, body, headers, seconds))
    except (TimeoutError, httpx.TimeoutException) as error:
        connected = not isinstance(error, httpx.ConnectTimeout)
        raise NoAnswer("no answer in time", unsure=connected) from error
    except httpx.HTTPError as error:
        # The class says what happened; the text may hold the address.
        connected = not isinstance(error, httpx.ConnectError)
        raise NoAnswer(f"connection failed ({type(error).__name__})", unsure=connected) from error


@lru_cache(maxsize=1)
def _trusted() -> ssl.SSLContext:
    """The authorities that browsers trust, and those installed on this machine: government
    networks have their own."""
    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
    return context


async def _exchange(
    url: httpx.URL, target: Target, body: bytes, headers: dict[str, str], seconds: float
) -> Answer:
    async with (
        asyncio.timeout(seconds),
        httpx.AsyncClient(
            verify=_trusted(),
            timeout=httpx.Timeout(seconds, connect=min(_CONNECT_SECONDS, seconds)),
            follow_redirects=False,
            trust_env=False,
        ) as client,
        client.stream(
            "POST",
            url.copy_with(host=target.ip),
            content=body,
            headers={
                "host": url.netloc.decode(),
                "user-agent": "huiyin",
                # Nothing that unfolds to more than was sent.
                "accept-encoding": "identity",
                **headers,
            },
            # The certificate must be the name's, although we connect to an address.
            extensions={"sni_hostname": target.host},
        ) as response,
    ):
        read = bytearray()
        async for chunk in response.aiter_raw():
            read += chunk
            if len(read) > _LONGEST_ANSWER:
                raise NoAnswer("answered too much", unsure=True)
        return Answer(response.status_code, bytes(read), _date(response.headers.get("date", "")))


def _date(said: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(said)
    except ValueError:
        return None
    return found if found.tzinfo else None
