"""CloudEvents in signed webhooks (Standard Webhooks) to other systems."""

from __future__ import annotations

import asyncio
import ssl
from functools import lru_cache

import httpx

from huiyin.kernel import clock, crypto
from huiyin.notices.models import Outbox
from huiyin.notices.transports import names
from huiyin.notices.transports.base import RemoteTransport, Result, Send
from huiyin.notices.transports.webhook import event, guard, signing

# For the whole exchange: no drip of bytes keeps a thread for longer.
_SECONDS = 10.0
_CONNECT_SECONDS = 4.0
_GONE = 410


class WebhookTransport(RemoteTransport):
    code = names.WEBHOOK
    width = 8
    endpoint_width = 2

    def prepare(self, notice: Outbox) -> Send:
        endpoint = notice.endpoint
        if endpoint is None or not endpoint.active:
            return lambda: Result(
                delivered=False, error="the endpoint is switched off", permanent=True
            )
        secret = crypto.unseal(
            bytes(endpoint.secret_sealed), purpose="webhook", about=endpoint.pk.bytes
        )
        url, key, body = endpoint.url, notice.delivery_key, event.body(notice)
        return lambda: _post(url, secret=secret, key=key, body=body)


def _post(url: str, *, secret: str, key: str, body: bytes) -> Result:
    try:
        target = guard.resolve(url)
        status = asyncio.run(_exchange(url, target, secret, key, body))
    except guard.Refused as refused:
        return Result(delivered=False, error=str(refused))
    except (TimeoutError, httpx.TimeoutException):
        return Result(delivered=False, error="no answer in time")
    except httpx.HTTPError as error:
        # The class says what happened; the text may hold the address.
        return Result(delivered=False, error=f"connection failed ({type(error).__name__})")
    if 200 <= status < 300:
        return Result(delivered=True, status_code=status)
    return Result(
        delivered=False,
        error=f"answered {status}",
        status_code=status,
        permanent=status == _GONE,
    )


@lru_cache(maxsize=1)
def _trusted() -> ssl.SSLContext:
    """The authorities that browsers trust, and those installed on this machine."""
    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
    return context


async def _exchange(url: str, target: guard.Target, secret: str, key: str, body: bytes) -> int:
    """Post ``body`` to the resolved address; the status code. The answer's body is not read."""
    original = httpx.URL(url)
    # Receivers compare this with their own clock, whatever the demo's says.
    signed_at = clock.machine_now()
    headers = {
        "host": original.netloc.decode(),
        "content-type": event.CONTENT_TYPE,
        "user-agent": "huiyin",
        **signing.headers(secret=secret, key=key, at=signed_at, body=body),
    }
    async with (
        asyncio.timeout(_SECONDS),
        # No proxy and no .netrc from the environment, no redirects: only where we looked.
        httpx.AsyncClient(
            verify=_trusted(),
            timeout=httpx.Timeout(_SECONDS, connect=_CONNECT_SECONDS),
            follow_redirects=False,
            trust_env=False,
        ) as client,
        client.stream(
            "POST",
            original.copy_with(host=target.ip),
            content=body,
            headers=headers,
            # The certificate must be the name's, although we connect to an address.
            extensions={"sni_hostname": target.host},
        ) as response,
    ):
        return response.status_code
