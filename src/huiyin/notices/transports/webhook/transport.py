"""CloudEvents in signed webhooks (Standard Webhooks) to other systems."""

from __future__ import annotations

import ssl
from functools import lru_cache

import httpx

from huiyin.kernel import clock, crypto
from huiyin.notices.models import Outbox
from huiyin.notices.transports import names
from huiyin.notices.transports.base import RemoteTransport, Result, Send
from huiyin.notices.transports.webhook import event, guard, signing
from huiyin.notices.transports.webhook.connections import Connections, Post, client

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
        status = _connections.status_of(_signed(url, target, secret, key, body))
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


def _signed(url: str, target: guard.Target, secret: str, key: str, body: bytes) -> Post:
    # Receivers compare this with their own clock, whatever the demo's says.
    signed_at = clock.machine_now()
    headers = {
        "content-type": event.CONTENT_TYPE,
        "user-agent": "huiyin",
        **signing.headers(secret=secret, key=key, at=signed_at, body=body),
    }
    return Post(httpx.URL(url), target, body, headers, _SECONDS, _CONNECT_SECONDS)


_connections = Connections(lambda: client(verify=_trusted()))
