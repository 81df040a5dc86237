"""A request counts once: its sign, with other content, is refused for as long as its time is good.

The very same request again is let through: its sender did not get our answer, and every entry of it
comes out as a repetition.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta

from huiyin.dialects.errors import Code, Refused
from huiyin.dialects.models import GatewayClient, SeenRequest
from huiyin.dialects.structs import Message
from huiyin.kernel import clock

# No client's clock may differ by more, in either direction.
_LONGEST_WINDOW = timedelta(minutes=2 * 120)
_AT_ONCE = 5000


def check_time(client: GatewayClient, message: Message) -> None:
    """Raises ``Refused`` when the request was sent too long ago, or in the future."""
    if message.sent_at is None:
        return
    if abs(clock.now() - message.sent_at) > timedelta(minutes=client.window_minutes):
        raise Refused(Code.STALE, field="time")


def remember(client: GatewayClient, message: Message, content: bytes) -> None:
    """Note that the request came; to be called in the transaction that stores it. Raises
    ``Refused`` when its sign came before with other content. At most two statements."""
    if not message.nonce:
        return
    seen = SeenRequest(
        client=client,
        nonce_hash=hashlib.sha256(message.nonce).digest(),
        content_hash=hashlib.sha256(content).digest(),
        at=clock.now(),
    )
    SeenRequest.objects.bulk_create([seen], ignore_conflicts=True)
    first = SeenRequest.objects.get(client=client, nonce_hash=seen.nonce_hash)
    if bytes(first.content_hash) != seen.content_hash:
        raise Refused(Code.REPLAYED, field="sign")


def forget_old() -> bool:
    """Forget requests whose time nobody would believe any more; whether there may be more."""
    old = SeenRequest.objects.filter(at__lt=clock.now() - _LONGEST_WINDOW)
    keys = list(old.order_by("at").values_list("pk", flat=True)[:_AT_ONCE])
    SeenRequest.objects.filter(pk__in=keys).delete()
    return len(keys) == _AT_ONCE
