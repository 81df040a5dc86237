"""Calls of the hotline: what came of them."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from huiyin.directory.models import Staff
from huiyin.intake.invitations.errors import NotDue
from huiyin.intake.invitations.models import CallOutcome, OptOut, Planned, RungChannel, State, Why
from huiyin.intake.invitations.queries import opted_out
from huiyin.intake.invitations.services.opting import opt_out
from huiyin.kernel import clock
from huiyin.reviews.tokens import FIRST, Token

# Nobody is rung more often about one service.
MOST_CALLS = 3
# After a call that nobody answered.
_AGAIN = timedelta(days=1)


def right_of(planned: Planned) -> Token:
    """The right under which the citizen who was reached rates, through the lane as all do. Raises
    ``NotDue``."""
    if planned.expires_at is None or planned.expires_at <= clock.now():
        raise NotDue
    return Token(planned.event_id, planned.organisation_id, FIRST, planned.expires_at)


@transaction.atomic
def call_done(*, planned: Planned, outcome: str, by: Staff | None = None) -> Planned:
    """Record what came of a call. Nobody answered: it is due again a day later, at most
    ``MOST_CALLS`` times and never after the link has expired. Raises ``NotDue`` when it was ended
    or recorded before."""
    outcome = CallOutcome(outcome)
    locked = Planned.objects.select_for_update().get(pk=planned.pk)
    if locked.channel != RungChannel.HOTLINE or locked.state != State.PLANNED:
        raise NotDue
    now = clock.now()
    locked.attempts += 1
    locked.handed_at, locked.outcome = now, outcome
    again = now + _AGAIN
    if (
        outcome == CallOutcome.NO_ANSWER
        and locked.attempts < MOST_CALLS
        and locked.expires_at is not None
        and again < locked.expires_at
    ):
        locked.next_at = again
    else:
        locked.state, locked.next_at = State.CALLED, None
    if outcome == CallOutcome.OPTED_OUT:
        opt_out(locked.number_hash, OptOut.Via.AGENT, by=by)
    locked.save(update_fields=["attempts", "handed_at", "outcome", "state", "next_at"])
    return locked


def end_calls(*, planned: Planned) -> bool:
    """End a call that is not needed any more, since the citizen rated or opted out after the list
    was made; whether it was."""
    answered = planned.event.reviews.filter(ordinal=FIRST).exists()
    no = bool(opted_out([planned.number_hash]))
    if not (answered or no):
        return False
    Planned.objects.filter(pk=planned.pk, state=State.PLANNED).update(
        state=State.ENDED, why=Why.ANSWERED if answered else Why.OPTED_OUT, next_at=None
    )
    return True
