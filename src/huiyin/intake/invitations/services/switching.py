"""The stop button: at once, for all processes, until somebody lets it go on."""

from __future__ import annotations

from django.db import transaction

from huiyin.directory.models import Staff
from huiyin.intake.invitations.models import Switch
from huiyin.kernel import clock, wakeup

# Rung when invitations may be handed over.
TOPIC = "invitations"
_LONGEST_REASON = 500


def stop(*, staff: Staff | None = None, account: str = "", reason: str = "") -> Switch:
    """Nothing more is handed over and no call is due until ``go_on``. What a gateway is being given
    at this instant (a handful) is recorded as handed over; planning goes on."""
    return _turn(False, staff, account, reason)


def go_on(*, staff: Staff | None = None, account: str = "", reason: str = "") -> Switch:
    """Hand over again what is due and was neither answered nor expired meanwhile."""
    return _turn(True, staff, account, reason)


@transaction.atomic
def _turn(going: bool, staff: Staff | None, account: str, reason: str) -> Switch:
    last = Switch.objects.order_by("-pk").first()
    if last is not None and last.going == going:
        return last  # pressed twice
    turned = Switch.objects.create(
        going=going,
        at=clock.now(),
        staff=staff,
        account=account[:150],
        reason=reason.strip()[:_LONGEST_REASON],
    )
    wakeup.ring(TOPIC)
    return turned
