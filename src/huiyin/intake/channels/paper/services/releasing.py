"""A batch whose sample agrees goes through the lane, form by form, as reviews counted apart.

A form's review is given on the right of a visit at the place of paper forms, also when a case
number stands on it: a number that staff typed must neither use up the citizen's own right to rate
that case nor lift what staff typed to the grade of a citizen's own token.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from uuid import UUID

import msgspec
from django.db import transaction

from huiyin.directory.models import Staff
from huiyin.intake.channels.paper import queries
from huiyin.intake.channels.paper.models import Batch, BatchAction, KeyedWords, Keying, PaperForm
from huiyin.intake.channels.paper.services.keying import act, lock, review_of
from huiyin.intake.lane.writer import lane
from huiyin.kernel import clock
from huiyin.kernel.problems import Problem
from huiyin.reviews.models import Channel
from huiyin.reviews.receipts import Receipt
from huiyin.reviews.services import Given
from huiyin.reviews.tokens import Visit

_TOGETHER = 200
_NOON = time(12)
# The lane says: not now. Everything else is for good.
_LATER = frozenset({"busy", "unavailable"})


def release(*, batch: Batch, staff: Staff) -> Batch:
    """Give the reviews of ``batch``; again, as after a crash, gives those that are missing. Never
    within a transaction. Raises ``BatchMoved``, or what the lane says when it takes nothing now:
    what was given until then stays given."""
    with transaction.atomic():
        row = lock(batch, Batch.State.READY)
        keyings = queries.final(queries.latest_keyings(row))
        sheets = [
            sheet
            for sheet in queries.sheets_of(row)
            if sheet.given_at is None and not sheet.refusal and not keyings[sheet.pk].unusable
        ]
    for start in range(0, len(sheets), _TOGETHER):
        _give(row, sheets[start : start + _TOGETHER], keyings)
    return _end(row, staff)


def _give(batch: Batch, sheets: list[PaperForm], keyings: dict[UUID, Keying]) -> None:
    verdicts = lane.give_all([_given(batch, sheet, keyings[sheet.pk]) for sheet in sheets])
    now, later = clock.now(), None
    stored: list[UUID] = []
    refused: dict[str, list[UUID]] = {}
    for sheet, verdict in zip(sheets, verdicts, strict=True):
        if isinstance(verdict, Receipt):
            stored.append(sheet.pk)
        elif isinstance(verdict, Problem) and verdict.code not in _LATER:
            refused.setdefault(verdict.code, []).append(sheet.pk)
        else:
            later = verdict
    with transaction.atomic():
        PaperForm.objects.filter(pk__in=stored).update(given_at=now)
        for code, keys in refused.items():
            PaperForm.objects.filter(pk__in=keys).update(refusal=code)
    if later is not None:
        raise later


def _given(batch: Batch, sheet: PaperForm, keying: Keying) -> Given:
    right = Visit(
        batch.place_id,
        batch.organisation_id,
        sheet.pk,
        clock.now() + timedelta(hours=1),
        Channel.PAPER,
    )
    review = msgspec.structs.replace(
        review_of(queries.entry_of(keying)),
        idempotency_key=f"paper-{sheet.pk.hex}",
        claimed_at=datetime.combine(batch.day, _NOON, clock.LOCAL),
        reference=sheet.number,
    )
    return Given(right, review)


@transaction.atomic
def _end(batch: Batch, staff: Staff) -> Batch:
    row = lock(batch, Batch.State.READY)
    row.state, row.released_at = Batch.State.RELEASED, clock.now()
    row.save(update_fields=["state", "released_at"])
    found = queries.progress_of(row)
    # The reviews have the words now, where they can be erased.
    KeyedWords.objects.filter(keying__form__batch=row).delete()
    act(
        row,
        BatchAction.Verb.RELEASED,
        staff,
        given=found.given,
        refused=found.refused,
        unusable=found.unusable,
    )
    return row
