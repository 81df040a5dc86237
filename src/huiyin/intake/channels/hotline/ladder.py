"""What this channel asks of the ladder of invitations, and what it tells it; nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef

from huiyin.directory.models import Staff
from huiyin.intake.channels.hotline.models import ListedCall, Outcome
from huiyin.intake.invitations import queries, services
from huiyin.intake.invitations.errors import NotDue
from huiyin.intake.invitations.models import SENT, CallOutcome, OptOut, Planned, State

opted_out = queries.opted_out
# Whether somebody has stopped all invitations.
is_stopped = queries.is_stopped
_OUTCOMES = {
    Outcome.RATED: CallOutcome.RATED,
    Outcome.REFUSED: CallOutcome.REACHED,
    Outcome.NOT_REACHED: CallOutcome.NO_ANSWER,
    Outcome.WRONG_NUMBER: CallOutcome.WRONG_NUMBER,
    Outcome.OPT_OUT: CallOutcome.OPTED_OUT,
}


def says_no() -> Exists:
    """Of a row with a ``number_hash``: whether that number wants no invitations."""
    no = OptOut.objects.filter(number_hash=OuterRef("number_hash"), back_at__isnull=True)
    return Exists(no)


def due(limit: int) -> list[Planned]:
    """The rungs that are calls and are due, their services and cases loaded."""
    return queries.calls_due(limit=limit)


def tell(plan_id: UUID, outcome: Outcome, *, staff: Staff | None) -> datetime | None:
    """Tell the ladder what came of a try; when it wants the next one, None when there is to be
    none."""
    planned = Planned.objects.get(pk=plan_id)
    try:
        after = services.call_done(planned=planned, outcome=_OUTCOMES[outcome], by=staff)
    except NotDue:
        return None  # it was ended meanwhile
    return after.next_at if after.state == State.PLANNED else None


def end(rows: Iterable[ListedCall]) -> None:
    """Tell the ladder of those that were rated or opted out before anybody rang."""
    plans = Planned.objects.filter(pk__in=[row.plan_id for row in rows if row.plan_id])
    for planned in plans.select_related("event"):
        services.end_calls(planned=planned)


def opt_out(number_hash: bytes, *, staff: Staff | None) -> None:
    """They want no more invitations."""
    services.opt_out(number_hash, OptOut.Via.AGENT, by=staff)


def open_events(number_hash: bytes) -> set[UUID]:
    """The services about which this number was written to lately and may still rate."""
    found = Planned.objects.filter(number_hash=number_hash, state__in=SENT).exclude(extension="")
    return set(found.values_list("event", flat=True))
