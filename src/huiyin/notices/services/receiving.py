"""Receipts: what the other side says later of a notice that it had taken."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from huiyin.notices.models import Outbox, Receipt


@transaction.atomic
def record_receipt(
    *, transport: str, reference: str, kind: str, at: datetime, detail: str = ""
) -> Receipt | None:
    """Record that the notice which ``transport`` calls ``reference`` arrived, was read or was lost.

    The same receipt again changes nothing. None when there is no such notice (yet).
    """
    notice = (
        Outbox.objects.filter(transport=transport, reference=reference)
        .exclude(reference="")
        .order_by("-id")
        .first()
    )
    if notice is None:
        return None
    receipt, _new = Receipt.objects.get_or_create(
        outbox=notice, kind=kind, defaults={"at": at, "detail": detail[:100]}
    )
    return receipt
