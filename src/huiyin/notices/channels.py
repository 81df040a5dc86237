"""How one member of staff is told away from the desk."""

from __future__ import annotations

from django.conf import settings

from huiyin.kernel import crypto
from huiyin.notices.models import Channel, Outbox

PURPOSE = "channel"


def address_of(notice: Outbox) -> str | None:
    """The address of the notice's recipient for its transport: an account, a mailbox, a number.

    None when they have none or switched it off. One query. It is personal: neither in a log nor in
    an error.
    """
    if notice.staff_id is None:
        return None
    channel = Channel.objects.filter(
        staff_id=notice.staff_id, transport=notice.transport, active=True
    ).first()
    return unsealed(channel) if channel else None


def unsealed(channel: Channel) -> str | None:
    """The address of ``channel``; None while none was given."""
    if not channel.address_sealed:
        return None
    return crypto.unseal(bytes(channel.address_sealed), purpose=PURPOSE, about=channel.pk.bytes)


def sealed(channel: Channel, address: str) -> bytes:
    """``address`` as it is stored in ``channel``."""
    return crypto.seal(address, purpose=PURPOSE, about=channel.pk.bytes) if address else b""


def place(channel: Channel) -> tuple[int, int]:
    """Where ``channel`` comes among its owner's: as they chose, else in the order of the place
    (``HUIYIN_CHANNEL_ORDER``)."""
    usual = settings.HUIYIN_CHANNEL_ORDER
    known = channel.transport in usual
    return channel.position, usual.index(channel.transport) if known else len(usual)
