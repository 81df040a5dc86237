"""Reading batches: who may see which, how far they are, and what was keyed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from huiyin.directory.models import Counter, Organisation, Role, Staff
from huiyin.directory.queries import organisations_in_scope
from huiyin.intake.channels.paper.entries import Entry, open_words
from huiyin.intake.channels.paper.models import Batch, Keying, PaperForm
from huiyin.kernel.problems import NotFound

KEY = (Role.HANDLER, Role.APPROVER, Role.SUPERVISOR)
Stage = Keying.Stage


def organisations_of(staff: Staff) -> QuerySet[Organisation]:
    """The organisations whose forms ``staff`` may key."""
    return organisations_in_scope(staff, KEY).filter(active=True)


def counters_of(staff: Staff) -> QuerySet[Counter]:
    """The counters that forms may lie at: those of the organisations and of halls of their
    regions."""
    own = organisations_of(staff)
    return (
        Counter.objects.filter(organisation__region__in=own.values("region"))
        .select_related("organisation")
        .order_by("organisation__name", "number")
    )


def visible_to(staff: Staff) -> QuerySet[Batch]:
    """One query for the duties; the result is lazy."""
    return Batch.objects.filter(organisation__in=organisations_of(staff)).select_related(
        "organisation", "place__counter", "opened_by"
    )


def get_batch(staff: Staff, code: str) -> Batch:
    """Raises ``NotFound``."""
    found = visible_to(staff).filter(code=code).first()
    if found is None:
        raise NotFound
    return found


def sheets_of(batch: Batch) -> QuerySet[PaperForm]:
    """The forms of ``batch`` that count."""
    return PaperForm.objects.filter(batch=batch, removed_at__isnull=True)


@dataclass(frozen=True)
class Progress:
    """How far a batch is: forms keyed in this round, forms of the sample, and those keyed twice."""

    keyed: int
    forms: int
    sample: int
    checked: int
    open_differences: int
    given: int
    refused: int
    unusable: int


def progress_of(batch: Batch) -> Progress:
    """Four queries, however many forms."""
    sheets = list(sheets_of(batch))
    latest = latest_keyings(batch)
    sampled = [sheet for sheet in sheets if sheet.sampled == batch.round]
    seconds = latest[Stage.SECOND]
    return Progress(
        keyed=len(latest[Stage.FIRST]),
        forms=batch.forms,
        sample=len(sampled),
        checked=sum(sheet.pk in seconds for sheet in sampled),
        open_differences=sum(
            bool(keying.differs) and key not in latest[Stage.SETTLED]
            for key, keying in seconds.items()
        ),
        given=sum(sheet.given_at is not None for sheet in sheets),
        refused=sum(bool(sheet.refusal) for sheet in sheets),
        unusable=sum(bool(keying.unusable) for keying in final(latest).values()),
    )


def latest_keyings(batch: Batch) -> dict[str, dict[UUID, Keying]]:
    """What holds of each stage in the batch's round, by form. One query."""
    found: dict[str, dict[UUID, Keying]] = {stage: {} for stage in Stage.values}
    keyings = Keying.objects.filter(
        form__batch=batch, form__removed_at__isnull=True, round=batch.round
    )
    for keying in keyings.select_related("words", "by").order_by("pk"):
        found[keying.stage][keying.form_id] = keying
    return found


def final(latest: dict[str, dict[UUID, Keying]]) -> dict[UUID, Keying]:
    """What holds of each form in the end: the settlement where there is one, else the first
    entry."""
    return latest[Stage.FIRST] | latest[Stage.SETTLED]


def entry_of(keying: Keying) -> Entry:
    words = getattr(keying, "words", None)
    text, mobile = open_words(bytes(words.sealed), keying.pk.bytes) if words else ("", "")
    return Entry(keying.level, tuple(keying.tags), text, mobile, keying.unusable)


def next_to_check(batch: Batch, staff: Staff) -> PaperForm | None:
    """The next form of the sample that ``staff`` may key a second time. Two queries."""
    latest = latest_keyings(batch)
    for sheet in sheets_of(batch).filter(sampled=batch.round).order_by("number"):
        first = latest[Stage.FIRST].get(sheet.pk)
        if sheet.pk not in latest[Stage.SECOND] and first and first.by_id != staff.pk:
            return sheet
    return None


@dataclass(frozen=True)
class Difference:
    sheet: PaperForm
    first: Keying
    second: Keying
    one: Entry
    other: Entry
    fields: tuple[str, ...]


def differences_of(batch: Batch) -> list[Difference]:
    """Those of this round that nobody has settled. Two queries."""
    latest = latest_keyings(batch)
    return [
        Difference(
            sheet,
            first := latest[Stage.FIRST][sheet.pk],
            second := latest[Stage.SECOND][sheet.pk],
            entry_of(first),
            entry_of(second),
            tuple(second.differs),
        )
        for sheet in sheets_of(batch).order_by("number")
        if sheet.pk in latest[Stage.SECOND]
        and latest[Stage.SECOND][sheet.pk].differs
        and sheet.pk not in latest[Stage.SETTLED]
    ]


def counts_by_batch(batches: Iterable[Batch]) -> dict[UUID, int]:
    """How many forms of each batch were keyed in its round. One query."""
    rounds = {batch.pk: batch.round for batch in batches}
    found: dict[UUID, set[UUID]] = {key: set() for key in rounds}
    rows = Keying.objects.filter(
        form__batch__in=rounds, form__removed_at__isnull=True, stage=Stage.FIRST
    ).values_list("form__batch", "form", "round")
    for batch_id, form_id, round_ in rows:
        if round_ == rounds[batch_id]:
            found[batch_id].add(form_id)
    return {key: len(forms) for key, forms in found.items()}
