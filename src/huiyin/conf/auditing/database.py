"""The rows of this installation, beside the log as it is served.

Who owns the database can write past the application. What was sealed stands in the log that others
hold, so each row is compared with that, and never the other way round.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet, Sum
from django.db.models.functions import TruncMonth

from huiyin.conf import integrity
from huiyin.conf.auditing.differences import Found
from huiyin.conf.auditing.imports import Imports
from huiyin.conf.auditing.served import Read
from huiyin.conf.auditing.sums import Adding, Cell, Sums
from huiyin.indicators import services as indicators
from huiyin.indicators.models import Tally
from huiyin.indicators.queries import latest
from huiyin.indicators.services import key_of
from huiyin.kernel import clock
from huiyin.log import entries as private_parts
from huiyin.log.models import Entry, EntrySecret, Epoch, Leaf
from huiyin.matters.models import Reply, Step
from huiyin.matters.table import Event
from huiyin.reviews.models import Review
from huiyin.verify.merkle import leaf_hash

BATCH = 500
# What one transaction writes bears times this close together; a review may have waited in a queue.
_APART = timedelta(minutes=5)


class Rows:
    """Compares the log with the rows it came from, batch by batch."""

    def __init__(self, found: Found, *, day: date | None = None) -> None:
        self._found = found
        self._day = day
        self._waiting: list[Read] = []
        self._size = 0
        self._epochs = _EpochRows(found)
        self._imports = Imports(found)

    def take(self, read: Read) -> None:
        self._waiting.append(read)
        if len(self._waiting) == BATCH:
            self._compare()

    def end(self) -> None:
        """After the last entry: what the log cannot lead to, and what ``doctor`` looks at."""
        self._compare()
        self._epochs.end()
        self._imports.end()
        found = self._found
        found.count("leaf_missing", self._size - Leaf.objects.filter(index__lt=self._size).count())
        found.count("review_stray", _without_entry(Review.objects.all(), "review"))
        found.count("step_stray", _without_entry(Step.objects.all(), "step"))
        found.count("entries_kept_out", integrity.unplaced_entries(full=True))
        found.count("matter_misplaced", integrity.misplaced_matters(full=True))
        # Those that still wait for their epoch, and the words and pictures of all.
        altered = integrity.altered_reviews(full=True)
        found.count("review_altered", altered - found.counts["review_altered"])
        found.count("import_altered", integrity.altered_imports(full=True))

    def compare_tallies(self, adding: Adding) -> None:
        """The stored tallies against the sums of the log, as of the newest epoch in them."""
        with transaction.atomic():
            folded = latest()
            epoch = folded.epoch_id if folded else 0
            if epoch > adding.last_epoch:
                # Another epoch was sealed since the log was read: the next audit compares it.
                self._found.remark("tallies_are_newer")
                return
            sums = adding.as_of(epoch)
            if sums is None:
                self._found.differs("figures_behind", epoch=epoch)
                return
            compare_tallies(sums, self._day, self._found)

    def _compare(self) -> None:
        reads, self._waiting = self._waiting, []
        if not reads:
            return
        self._size = reads[-1].index + 1
        leaves = {
            leaf.index: leaf
            for leaf in Leaf.objects.filter(
                index__gte=reads[0].index, index__lte=reads[-1].index
            ).select_related("entry__organisation", "entry__secret", "epoch")
        }
        kept = [(read, leaves[read.index]) for read in reads if read.index in leaves]
        for read, leaf in kept:
            self._compare_entry(read, leaf)
        told = [
            (read.document, leaf.entry, read.index)
            for read, leaf in kept
            if read.document is not None
        ]
        self._compare_reviews([one for one in told if one[0]["kind"] == "review"])
        self._compare_steps([one for one in told if one[0]["kind"] == "step"])
        for document, _entry, index in told:
            if document["kind"] == "imported":
                self._imports.take(document, index)

    def _compare_entry(self, read: Read, leaf: Leaf) -> None:
        entry, document = leaf.entry, read.document or {}
        if (
            entry.public.encode() != read.written
            or bytes(entry.leaf_hash) != leaf_hash(read.written)
            or entry.kind != document.get("kind")
        ):
            self._found.differs("entry_altered", index=read.index, entry=str(entry.pk))
        if document.get("organisation", entry.organisation.uscc) != entry.organisation.uscc:
            self._found.differs("entry_of_another_body", index=read.index, entry=str(entry.pk))
        if entry.appended_at > leaf.epoch.sealed_at + _APART:
            self._found.differs("entry_backdated", index=read.index, entry=str(entry.pk))
        if read.epoch is not None and read.epoch != leaf.epoch_id:
            self._found.differs("leaf_of_another_epoch", index=read.index, epoch=leaf.epoch_id)
        if made_at(entry.pk) > entry.appended_at + _APART:
            self._found.remark("identifier_is_newer")
        self._epochs.take(read, leaf)

    def _compare_reviews(self, told: Sequence[tuple[dict[str, Any], Entry, int]]) -> None:
        rows = {
            row.pk: row
            for row in Review.objects.filter(
                pk__in=[entry.subject_id for _document, entry, _index in told]
            ).select_related("organisation")
        }
        for document, entry, index in told:
            row = rows.get(entry.subject_id)
            if row is None or row.entry_id != entry.pk:
                self._found.differs("review_missing", index=index, review=str(entry.subject_id))
                continue
            said = {
                "organisation": row.organisation.uscc,
                "ordinal": row.ordinal,
                "level": row.level,
                "tags": sorted(row.tags),
                "channel": row.channel,
                "trust": row.trust,
            }
            self._differing("review_altered", document, said, index, row.pk)
            self._compare_time("review_backdated", document, row.accepted_at, entry, index, row.pk)

    def _compare_steps(self, told: Sequence[tuple[dict[str, Any], Entry, int]]) -> None:
        subjects = [entry.subject_id for _document, entry, _index in told]
        rows = {
            row.pk: row for row in Step.objects.filter(pk__in=subjects).select_related("matter")
        }
        replies: list[tuple[Step, Entry, dict[str, Any], int]] = []
        for document, entry, index in told:
            row = rows.get(entry.subject_id)
            if row is None or row.entry_id != entry.pk:
                self._found.differs("step_missing", index=index, step=str(entry.subject_id))
                continue
            said = {
                "matter": row.matter.code,
                "matter_kind": row.matter.kind,
                "number": row.number,
                "event": row.event,
                "state": row.state_after,
                "round": row.round,
                "by": row.party,
                "opened_day": clock.local(row.matter.opened_at).date().isoformat(),
            }
            self._differing("step_altered", document, said, index, row.pk)
            texts = {name: one for name, one in row.data.items() if isinstance(one, str)}
            if not _opens(document, texts, entry):
                self._found.differs("step_altered", index=index, row=str(row.pk), members=["data"])
            self._compare_time("step_backdated", document, row.at, entry, index, row.pk)
            if row.event == Event.DRAFT_REPLY:
                replies.append((row, entry, document, index))
        self._compare_replies(replies)

    def _compare_replies(self, told: Sequence[tuple[Step, Entry, dict[str, Any], int]]) -> None:
        """Each draft of a reply against the commitments of the step that it came with."""
        numbers = {step.pk: step.data.get("reply") for step, *_rest in told}
        rows = {
            (reply.matter_id, reply.number): reply
            for reply in Reply.objects.filter(matter__in=[step.matter_id for step, *_rest in told])
        }
        for step, entry, document, index in told:
            reply = rows.get((step.matter_id, numbers[step.pk]))
            texts = {"text": reply.text, "legal_reason": reply.legal_reason} if reply else {}
            if reply is None or not _opens(document, texts, entry):
                self._found.differs("reply_altered", index=index, step=str(step.pk))

    def _differing(
        self, name: str, document: Mapping[str, Any], said: Mapping[str, Any], index: int, key: UUID
    ) -> None:
        members = [member for member, value in said.items() if document.get(member) != value]
        if members:
            self._found.differs(name, index=index, row=str(key), members=members)

    def _compare_time(
        self,
        name: str,
        document: Mapping[str, Any],
        at: datetime,
        entry: Entry,
        index: int,
        key: UUID,
    ) -> None:
        day = clock.local(at).date().isoformat()
        if document.get("day") != day or abs(at - entry.appended_at) > _APART:
            self._found.differs(name, index=index, row=str(key), bears=at.isoformat())
        elif made_at(key) > at + _APART:
            self._found.remark("identifier_is_newer")


class _EpochRows:
    """``log_epoch`` beside the entries: one after the other, without gaps, in the order of time."""

    def __init__(self, found: Found) -> None:
        self._found = found
        self._current: Epoch | None = None
        self._first = 0
        self._entries = 0
        self._reviews = 0
        self._last: Epoch | None = None

    def take(self, read: Read, leaf: Leaf) -> None:
        if self._current is None or self._current.pk != leaf.epoch_id:
            self._close()
            self._current, self._first = leaf.epoch, read.index
            self._entries = self._reviews = 0
        self._entries += 1
        self._reviews += (read.document or {}).get("kind") == "review"

    def end(self) -> None:
        self._close()

    def _close(self) -> None:
        epoch, last = self._current, self._last
        if epoch is None:
            return
        fits = (epoch.first_index, epoch.entries, epoch.reviews) == (
            self._first,
            self._entries,
            self._reviews,
        )
        follows = last is None or (
            epoch.number == last.number + 1 and epoch.sealed_at >= last.sealed_at
        )
        if not (fits and follows):
            self._found.differs("epoch_altered", epoch=epoch.number)
        self._last = epoch


def compare_tallies(sums: Sums, day: date | None, found: Found) -> None:
    """The stored tallies against what the log adds up to: by month and region, and those of
    ``day`` one by one."""
    months = (
        Tally.objects.annotate(month=TruncMonth("day"))
        .values_list("region", "month", "metric", "value", "trust")
        .annotate(total=Sum("amount"))
        .order_by()
    )
    stored = {
        Cell(region, month.strftime("%Y-%m"), *rest): total
        for region, month, *rest, total in months.iterator()
    }
    _compare_sums(stored, sums.cells, found)
    if day is not None:
        of_day = Tally.objects.filter(day=day).iterator()
        _compare_sums({key_of(tally): tally.amount for tally in of_day}, sums.of_day, found)
    try:
        # By organisation and day; of the rows of the database alone.
        found.count("tally_differs", len(indicators.recompute()))
    except (AttributeError, KeyError, TypeError, ValueError):
        # An entry that no rule can read: it was altered, which was found already.
        found.differs("entry_altered")


def _compare_sums(stored: Mapping[Any, int], wanted: Mapping[Any, int], found: Found) -> None:
    for key in stored.keys() | wanted.keys():
        if stored.get(key, 0) != wanted.get(key, 0):
            numbers = {"stored": stored.get(key, 0), "log": wanted.get(key, 0)}
            found.differs("tally_differs", tally=str(key), **numbers)


def made_at(key: UUID) -> datetime:
    """When an identifier (UUIDv7) was made."""
    return datetime.fromtimestamp((key.int >> 80) / 1000, tz=clock.LOCAL)


def _opens(document: Mapping[str, Any], texts: Mapping[str, str], entry: Entry) -> bool:
    """Whether those of ``texts`` that the entry hides are what it hides. Without salts, after an
    erasure, nobody can tell."""
    secret: EntrySecret | None = getattr(entry, "secret", None)
    hidden = document.get("private")
    if secret is None or not isinstance(hidden, dict):
        return True
    salts = private_parts.salts_by_name(hidden, bytes(secret.salts))
    return all(
        private_parts.commitment(salts[name], text).hex() == hidden[name]
        for name, text in texts.items()
        if name in hidden
    )


def _without_entry(rows: QuerySet[Any], kind: str) -> int:
    """Rows whose entry is not there, of another kind or about something else."""
    own = Entry.objects.filter(pk=OuterRef("entry_id"), kind=kind, subject_id=OuterRef("pk"))
    return rows.filter(~Exists(own)).count()
