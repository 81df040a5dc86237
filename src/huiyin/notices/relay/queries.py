"""Reading what became of calls."""

from __future__ import annotations

from huiyin.matters.models import ContactAttempt
from huiyin.notices.models import RelayAttempt

# What the telephony provider saw, as the handler may record it.
_PROPOSED = {
    RelayAttempt.Outcome.ANSWERED: ContactAttempt.Outcome.REACHED,
    RelayAttempt.Outcome.NO_ANSWER: ContactAttempt.Outcome.NO_ANSWER,
    RelayAttempt.Outcome.BUSY: ContactAttempt.Outcome.BUSY,
    RelayAttempt.Outcome.UNAVAILABLE: ContactAttempt.Outcome.UNAVAILABLE,
}


def proposed_outcome(reference: str) -> ContactAttempt.Outcome | None:
    """What a handler may record of the call ``reference``, as the provider reported it; None while
    it has reported nothing that is one. Whether somebody was reached remains the handler's word."""
    reported = (
        RelayAttempt.objects.filter(reference=reference, means=ContactAttempt.Means.CALL)
        .order_by("-at")
        .values_list("outcome", flat=True)
        .first()
    )
    return _PROPOSED.get(RelayAttempt.Outcome(reported)) if reported else None
