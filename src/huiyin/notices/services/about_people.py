"""Writing the notice of what concerns one person and is no step of a matter."""

from __future__ import annotations

from django.conf import settings

from huiyin.kernel import clock, wakeup
from huiyin.matters.models import Consequence
from huiyin.matters.table import Party
from huiyin.notices.models import CONSEQUENCE, CONSEQUENCE_DECIDED, Outbox
from huiyin.notices.services.announcing import OUTBOX
from huiyin.notices.transports import names


def tell(consequence: Consequence) -> None:
    """Tell the person concerned that a consequence is on record, or what came of their objection.

    The notice says until when they may object; measure, term and reasons are on the desk, where
    only they and those who supervise them can read them.
    """
    decided, now = consequence.kept is not None, clock.now()
    event = CONSEQUENCE_DECIDED if decided else CONSEQUENCE
    Outbox.objects.create(
        matter=consequence.matter,
        event=event,
        audience=Party.CONCERNED,
        transport=names.INBOX,
        staff=consequence.staff,
        payload={} if decided else {"due": consequence.objection_until},
        delivery_key=f"{consequence.pk.hex}-{event}",
        accepted_at=now,
        created_at=now,
        next_attempt_at=now,
        next_channel_at=now,
        tries_left=settings.HUIYIN_NOTICE_TRIES,
    )
    wakeup.ring(OUTBOX)
