"""Opening a batch, and keying its forms one after the other."""

from __future__ import annotations

import re
from datetime import date, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from huiyin.directory.models import Counter, Organisation, Staff
from huiyin.intake.channels.paper import errors, queries
from huiyin.intake.channels.paper.entries import Entry, seal_words
from huiyin.intake.channels.paper.models import (
    Batch,
    BatchAction,
    KeyedWords,
    Keying,
    PaperForm,
    Unusable,
)
from huiyin.kernel import clock, ids
from huiyin.kernel.problems import Forbidden, Invalid
from huiyin.kernel.uploads import AcceptedFile
from huiyin.reviews import giving
from huiyin.reviews.models import Channel, Place, PlaceKind
from huiyin.reviews.queries import current_tags
from huiyin.reviews.services import NewReview, add_place

MOST_FORMS = 500
_OLDEST = timedelta(days=366)
_CODE_LENGTH = 7
# Letters, digits and what stands between them; never a name.
_NUMBER = re.compile(r"[0-9A-Za-z][0-9A-Za-z/_-]{0,39}")
Stage, State, Verb = Keying.Stage, Batch.State, BatchAction.Verb


@transaction.atomic
def open_batch(
    *,
    staff: Staff,
    organisation: Organisation,
    counter: Counter | None,
    day: date,
    forms: int,
) -> Batch:
    """A new batch of ``forms`` forms about ``organisation`` that were filled in on ``day``, at a
    counter or anywhere in it. Raises ``Forbidden`` or ``Invalid``."""
    if not queries.organisations_of(staff).filter(pk=organisation.pk).exists():
        raise Forbidden
    today = clock.today()
    if not today - _OLDEST <= day <= today:
        raise Invalid(_("Choose a day of the last twelve months."), field="day")
    if not 1 <= forms <= MOST_FORMS:
        raise Invalid(_("A batch has 1 to %(most)d forms.") % {"most": MOST_FORMS}, field="forms")
    batch = Batch.objects.create(
        code=ids.new_code(_CODE_LENGTH),
        organisation=organisation,
        place=_place(organisation, counter),
        day=day,
        forms=forms,
        sample_percent=settings.HUIYIN_PAPER_SAMPLE_PERCENT,
        error_percent=settings.HUIYIN_PAPER_ERROR_PERCENT,
        opened_by=staff,
        opened_at=clock.now(),
    )
    act(batch, Verb.OPENED, staff, forms=forms)
    return batch


def _place(organisation: Organisation, counter: Counter | None) -> Place:
    """Where the pile of forms lies, made at its first batch."""
    known = Place.objects.filter(
        kind=PlaceKind.PAPER, organisation=organisation, counter=counter, revoked_at__isnull=True
    ).first()
    label = str(counter) if counter else organisation.name
    return known or add_place(
        kind=PlaceKind.PAPER, organisation=organisation, label=label[:80], counter=counter
    )


def key_form(
    *,
    batch: Batch,
    staff: Staff,
    number: str,
    entry: Entry,
    scan: AcceptedFile | None = None,
) -> PaperForm:
    """Key a form for the first time in this round; the same number again by the same person
    corrects it. Raises ``BatchMoved``, ``BatchFull``, ``FormNumberUsed``, ``Invalid``, or what the
    reviews have against the entry."""
    number = number.strip().upper()
    if not _NUMBER.fullmatch(number):
        raise Invalid(_("Type the number as it is printed on the form."), field="number")
    entry = checked(entry)
    try:
        with transaction.atomic():
            row = lock(batch, State.KEYING)
            sheet = _sheet(row, staff, number)
            write(sheet, row.round, Stage.FIRST, staff, entry)
            if scan is not None:
                _attach(sheet, scan)
    except IntegrityError as error:
        raise errors.FormNumberUsed(field="number") from error
    return sheet


def _sheet(batch: Batch, staff: Staff, number: str) -> PaperForm:
    known = PaperForm.objects.filter(
        organisation=batch.organisation_id, number=number, removed_at__isnull=True
    ).first()
    if known is None:
        if queries.sheets_of(batch).count() >= batch.forms:
            raise errors.BatchFull
        return PaperForm.objects.create(
            organisation_id=batch.organisation_id, batch=batch, number=number
        )
    keyed = known.keyings.filter(round=batch.round, stage=Stage.FIRST).order_by("pk").last()
    if known.batch_id != batch.pk or (keyed and keyed.by_id != staff.pk):
        raise errors.FormNumberUsed(field="number")
    return known


def _attach(sheet: PaperForm, scan: AcceptedFile) -> None:
    sheet.scan_name, sheet.media_type = scan.name, scan.media_type
    sheet.sha256 = scan.sha256
    sheet.scan.save(f"{ids.uuid7()}{scan.suffix}", scan.as_django_file(), save=False)
    sheet.save(update_fields=["scan", "scan_name", "media_type", "sha256"])


@transaction.atomic
def remove_form(*, batch: Batch, staff: Staff, number: str) -> None:
    """Take a wrong number back while the batch is keyed; only who keyed it can. That it was keyed
    stays on record. Raises ``BatchMoved`` or ``Invalid``."""
    row = lock(batch, State.KEYING)
    sheet = queries.sheets_of(row).filter(number=number).first()
    keyed = sheet.keyings.filter(round=row.round).order_by("pk").last() if sheet else None
    if sheet is None or (keyed and keyed.by_id != staff.pk):
        raise Invalid(_("You have keyed no form with this number."), field="number")
    sheet.removed_at = clock.now()
    sheet.save(update_fields=["removed_at"])
    KeyedWords.objects.filter(keying__form=sheet).delete()
    act(row, Verb.REMOVED, staff, number=number)


def checked(entry: Entry) -> Entry:
    """``entry`` as the lane will take it. Raises a ``Problem``."""
    if entry.unusable:
        if entry.unusable not in Unusable.values:
            raise Invalid(_("Choose one of the values offered."), field="unusable")
        if entry.level is not None or entry.tags or entry.text or entry.mobile:
            raise Invalid(_("A form that is no review has nothing else."), field="unusable")
        return entry
    if entry.level is None:
        raise Invalid(_("Choose the level that is ticked."), field="level")
    tags = {code: tag.level for code, tag in current_tags().items()}
    review = giving.check(review_of(entry), tags)
    return Entry(review.level, tuple(review.tags), review.text, review.mobile)


def review_of(entry: Entry) -> NewReview:
    """The review that a form stands for, without where it came from."""
    return NewReview(
        level=entry.level or 0,
        tags=tuple(entry.tags),
        text=entry.text,
        mobile=entry.mobile,
        channel=Channel.PAPER,
    )


def write(
    sheet: PaperForm,
    round_: int,
    stage: Keying.Stage,
    staff: Staff,
    entry: Entry,
    *,
    differs: list[str] | None = None,
    note: str = "",
) -> Keying:
    keying = Keying.objects.create(
        form=sheet,
        round=round_,
        stage=stage,
        by=staff,
        at=clock.now(),
        level=entry.level,
        tags=list(entry.tags),
        unusable=entry.unusable,
        differs=differs or [],
        note=note,
    )
    sealed = seal_words(entry, keying.pk.bytes)
    if sealed:
        KeyedWords.objects.create(keying=keying, sealed=sealed)
    return keying


def lock(batch: Batch, *states: Batch.State) -> Batch:
    """Raises ``BatchMoved`` unless the batch is in one of ``states``."""
    row = Batch.objects.select_for_update(of=("self",)).select_related("place").get(pk=batch.pk)
    if row.state not in states:
        raise errors.BatchMoved
    return row


def act(batch: Batch, verb: BatchAction.Verb, staff: Staff, **detail: object) -> None:
    BatchAction.objects.create(batch=batch, verb=verb, staff=staff, at=clock.now(), detail=detail)
