"""Taking in service events: decode each row, store the good ones, tell every row its verdict."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from huiyin.intake.events.fields import Decoded, decode, in_their_words
from huiyin.kernel import clock
from huiyin.reviews.events import Outcome, Verdict, accept_events, faults_of
from huiyin.reviews.models import Integrator

MAX_ROWS = 1000


@transaction.atomic
def take_in(rows: Sequence[Any], integrator: Integrator, *, keep: bool = True) -> list[Verdict]:
    """Verdicts of ``rows`` (objects in the national field names), in order, in one transaction.

    All faults of a row are told at once. With ``keep`` false everything is tried and nothing
    stored. At most ``MAX_ROWS`` rows a call; raises ``ValueError`` for more.
    """
    if len(rows) > MAX_ROWS:
        raise ValueError(f"at most {MAX_ROWS} rows a call")
    now, skew = clock.now(), timedelta(minutes=settings.HUIYIN_EVENT_SKEW_MINUTES)
    decoded = [decode(row, now=now, skew=skew) for row in rows]
    stored = iter(accept_events([row.event for row in decoded if row.event], integrator))
    refused = iter(_refusals([row for row in decoded if not row.event], integrator))
    verdicts = [_in_their_words(next(stored if row.event else refused)) for row in decoded]
    if not keep:
        transaction.set_rollback(True)
    return verdicts


def _refusals(faulty: Sequence[Decoded], integrator: Integrator) -> list[Verdict]:
    of_places = faults_of([row.place for row in faulty], integrator) if faulty else []
    return [
        Verdict(Outcome.REJECTED, faults=row.faults + of_place)
        for row, of_place in zip(faulty, of_places, strict=True)
    ]


def _in_their_words(verdict: Verdict) -> Verdict:
    if not verdict.faults:
        return verdict
    return Verdict(verdict.outcome, faults=in_their_words(verdict.faults))
