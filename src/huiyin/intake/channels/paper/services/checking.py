"""The second entry: a sample nobody could foresee, what came of it, and settling differences."""

from __future__ import annotations

import secrets

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from huiyin.directory.models import Staff
from huiyin.intake.channels.paper import errors, queries
from huiyin.intake.channels.paper.entries import Entry, counts_as_error, differences
from huiyin.intake.channels.paper.models import Batch, BatchAction, Keying, PaperForm
from huiyin.intake.channels.paper.services.keying import act, checked, lock, write
from huiyin.kernel.problems import Invalid

_LONGEST_NOTE = 300
Stage, State, Verb = Keying.Stage, Batch.State, BatchAction.Verb


@transaction.atomic
def finish_keying(*, batch: Batch, staff: Staff) -> Batch:
    """All forms are keyed: draw the sample that a second person keys. It is drawn only now, so that
    nobody can know while keying which forms are looked at. Raises ``BatchMoved`` or
    ``BatchIncomplete``."""
    row = lock(batch, State.KEYING)
    keyed = list(queries.latest_keyings(row)[Stage.FIRST])
    if len(keyed) != row.forms:
        raise errors.BatchIncomplete(keyed=len(keyed), forms=row.forms)
    size = sample_size(row.forms, row.sample_percent)
    drawn = secrets.SystemRandom().sample(keyed, size)
    PaperForm.objects.filter(pk__in=drawn).update(sampled=row.round)
    row.state = State.CHECKING
    row.save(update_fields=["state"])
    act(row, Verb.SAMPLED, staff, sample=size, forms=row.forms, round=row.round)
    return row


def sample_size(forms: int, percent: int) -> int:
    """How many forms are keyed twice: the share, rounded up, and one at least."""
    return min(forms, max(1, -(-forms * percent // 100)))


def check_form(*, sheet: PaperForm, staff: Staff, entry: Entry) -> Batch:
    """The second entry of a form of the sample, by another person who does not see the first; with
    the last one the batch moves on. Raises ``BatchMoved``, ``SecondPersonNeeded`` or what is wrong
    with the entry."""
    entry = checked(entry)
    try:
        with transaction.atomic():
            row = lock(sheet.batch, State.CHECKING)
            first = queries.latest_keyings(row)[Stage.FIRST].get(sheet.pk)
            if first is None or sheet.sampled != row.round:
                raise errors.BatchMoved
            if first.by_id == staff.pk:
                raise errors.SecondPersonNeeded
            found = differences(queries.entry_of(first), entry)
            write(sheet, row.round, Stage.SECOND, staff, entry, differs=found)
            _conclude(row, staff)
    except IntegrityError as error:
        raise errors.BatchMoved from error  # somebody else has just keyed it
    return row


def _conclude(batch: Batch, staff: Staff) -> None:
    """Once the whole sample is keyed twice: on, to the differences, or all over again."""
    sampled = queries.sheets_of(batch).filter(sampled=batch.round).count()
    seconds = queries.latest_keyings(batch)[Stage.SECOND]
    if len(seconds) < sampled:
        return
    differing = [keying.differs for keying in seconds.values() if keying.differs]
    wrong = sum(counts_as_error(fields) for fields in differing)
    found = {"sample": sampled, "wrong": wrong, "differing": len(differing), "round": batch.round}
    if wrong * 100 > sampled * batch.error_percent:
        act(batch, Verb.AGAIN, staff, **found)
        batch.state, batch.round = State.KEYING, batch.round + 1
    elif differing:
        act(batch, Verb.DIFFERED, staff, **found)
        batch.state = State.SETTLING
    else:
        act(batch, Verb.AGREED, staff, **found)
        batch.state = State.READY
    batch.save(update_fields=["state", "round"])


@transaction.atomic
def settle(*, sheet: PaperForm, staff: Staff, entry: Entry, note: str) -> Batch:
    """What the form really says, looked at once more by somebody who did not key it first, with a
    reason. Raises ``BatchMoved``, ``SecondPersonNeeded`` or ``Invalid``."""
    entry = checked(entry)
    note = note.strip()
    if not 1 <= len(note) <= _LONGEST_NOTE:
        raise Invalid(
            _("Write between 1 and %(limit)d characters.") % {"limit": _LONGEST_NOTE}, field="note"
        )
    row = lock(sheet.batch, State.SETTLING)
    waiting = {one.sheet.pk: one for one in queries.differences_of(row)}
    if sheet.pk not in waiting:
        raise errors.BatchMoved
    if waiting[sheet.pk].first.by_id == staff.pk:
        raise errors.SecondPersonNeeded
    write(sheet, row.round, Stage.SETTLED, staff, entry, note=note)
    act(row, Verb.SETTLED, staff, number=sheet.number, fields=list(waiting[sheet.pk].fields))
    if len(waiting) == 1:
        row.state = State.READY
        row.save(update_fields=["state"])
    return row
