"""What the telephony provider reports of calls that the relay placed."""

from __future__ import annotations

import logging

from django.db import transaction

from huiyin.intake.channels.hotline.models import (
    NOBODY_SPOKE,
    Action,
    Call,
    Outcome,
    Reported,
)
from huiyin.kernel import clock

log = logging.getLogger(__name__)

_SAID_SOMETHING = (Outcome.RATED, Outcome.TOLD)


@transaction.atomic
def call_came_to(*, reference: str, outcome: str, seconds: int | None = None) -> bool:
    """Record what the provider reports of a call; whether there is such a call.

    Reports may come twice and out of order: the first end holds. That nobody answered a call from
    which a rating was recorded stays on record for those who look after the agents.
    """
    call = (
        Call.objects.select_for_update(of=("self",))
        .select_related("listed")
        .filter(code=reference)
        .first()
    )
    if call is None or call.listed is None:
        return False
    if call.reported not in {"", Reported.RINGING} or call.reported == outcome:
        return True
    call.reported, call.seconds = outcome, seconds
    call.save(update_fields=["reported", "seconds"])
    if outcome in NOBODY_SPOKE and call.outcome in _SAID_SOMETHING:
        log.warning("call %s was rated, and the provider says that nobody answered", call.code)
        Action.objects.create(
            listed=call.listed,
            verb=Action.Verb.CONTRADICTED,
            at=clock.now(),
            call=call,
            detail=outcome,
        )
    return True
