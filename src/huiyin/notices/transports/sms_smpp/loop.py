"""The background loop that keeps the connection to the message centre and takes what comes in."""

from __future__ import annotations

from django.conf import settings
from django.db import close_old_connections

from huiyin.notices.sms import services
from huiyin.notices.sms.gateway import is_configured, named
from huiyin.notices.transports.sms_smpp import receipts, text
from huiyin.notices.transports.sms_smpp.gateway import SmppGateway
from huiyin.notices.transports.sms_smpp.pdu import Message


def tend() -> bool:
    """One round: whether there may be more to do. Nothing, when no such gateway is configured."""
    gateway = named(SmppGateway.code) if is_configured(SmppGateway.code) else None
    if not isinstance(gateway, SmppGateway):
        return False
    services.put_together_late(decode=text.decode)
    close_old_connections()  # a round waits for a second
    gateway.tend(store)
    return True


def store(message: Message) -> None:
    """Store what a deliver_sm says; returns when it is committed."""
    said = receipts.read(message)
    if isinstance(said, receipts.Receipt):
        services.receive_receipt(
            gateway=SmppGateway.code,
            reference=receipts.canonical(
                said.reference, decimal=settings.HUIYIN_SMPP_RECEIPTS_DECIMAL
            ),
            outcome=said.outcome,
            error=said.error,
        )
    elif said is not None and said.place is not None:
        services.receive_part(
            gateway=SmppGateway.code,
            from_number=said.source,
            recipient=said.destination,
            content=said.content,
            coding=said.coding,
            place=(said.place.reference, said.place.total, said.place.number),
            decode=text.decode,
        )
    elif said is not None:
        services.receive_sms(
            gateway=SmppGateway.code,
            from_number=said.source,
            recipient=said.destination,
            text=text.decode(said.content, said.coding),
        )
