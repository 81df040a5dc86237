"""By what a business system finds the rating page of an event that it pushed.

The code is the event's key and a MAC over key and client: it cannot be guessed, is of use to the
client that was given it alone, and needs no row. Whoever holds it can rate, as with an invitation.
"""

from __future__ import annotations

import re
from uuid import UUID

from huiyin.dialects.errors import Code, Refused
from huiyin.dialects.models import GatewayClient
from huiyin.kernel import crypto
from huiyin.reviews.models import ServiceEvent

_FORM = re.compile(r"[0-9a-f]{48}")
_KEY_DIGITS, _MAC_BYTES = 32, 8
_PURPOSE = "dialects.service-code"


def of(event_id: UUID, client: GatewayClient) -> str:
    """The code, 48 hexadecimal digits."""
    return event_id.hex + _mac(event_id, client)


def event_of(code: str, *, dialect: str) -> tuple[ServiceEvent, GatewayClient]:
    """The event of ``code`` and the client it was given to. One query; raises ``Refused``."""
    if not _FORM.fullmatch(code):
        raise Refused(Code.NOT_AUTHENTIC)
    event_id = UUID(code[:_KEY_DIGITS])
    event = (
        ServiceEvent.objects.select_related("integrator__gateway__integrator")
        .filter(
            pk=event_id,
            integrator__gateway__dialect=dialect,
            integrator__gateway__active=True,
            integrator__active=True,
        )
        .first()
    )
    client = event.integrator.gateway if event and event.integrator else None
    if event is None or client is None:
        raise Refused(Code.NOT_AUTHENTIC)
    if not crypto.same(code[_KEY_DIGITS:].encode(), _mac(event_id, client).encode()):
        raise Refused(Code.NOT_AUTHENTIC)
    return event, client


def _mac(event_id: UUID, client: GatewayClient) -> str:
    return crypto.mac(event_id.bytes + client.pk.bytes, purpose=_PURPOSE)[:_MAC_BYTES].hex()
