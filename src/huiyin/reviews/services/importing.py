"""Taking over reviews that other systems took: history, and third parties. By the thousand.

They are ``imported``: bound to no service event, without a matter, in no headline figure. What
figures need is kept, and nothing that could name a person: not the words, and of the source's own
reference only a keyed hash. Whatever the number of rows, the database is asked a fixed number of
questions; there is no object for a row.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import compress
from typing import Any, NamedTuple

from django.db import IntegrityError, connection, transaction

from huiyin.directory import queries as directory
from huiyin.directory.models import Organisation
from huiyin.kernel import bulk, clock, crypto
from huiyin.log import services as log
from huiyin.log.models import Entry
from huiyin.reviews import errors
from huiyin.reviews.imported import FIELDS, digest_of
from huiyin.reviews.models import (
    Channel,
    ImportedChunk,
    ImportedFile,
    ImportedReview,
    ImportSource,
)

# An entry of the log has at most 65,535 bytes; the rest is for what stands beside the counts.
_ENTRY_BYTES = 60_000
# What a name takes in JSON beside itself, rounded up.
_AROUND = 8
_FORMS = {
    "item_code": re.compile(r"(?:[0-9A-Z]{31})?"),
    "counter_number": re.compile(r"[^\x00-\x1f\x7f]{0,20}"),
    "channel": re.compile("|".join(Channel.values)),
    "level": re.compile(r"[1-5]"),
    "tags": re.compile(r"(?:[1-5][0-9]{2}(?:,[1-5][0-9]{2}){0,19})?"),
}
_DAY = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}")


class Columns(NamedTuple):
    """Reviews to be taken over, column by column; all columns have one length and hold text."""

    organisation: Sequence[str]  # unified social credit codes
    item_code: Sequence[str]  # 31 characters, or empty
    counter_number: Sequence[str]  # or empty
    channel: Sequence[str]  # ``Channel``
    level: Sequence[str]  # "5" very satisfied to "1"
    tags: Sequence[str]  # codes with commas between them, or empty
    day: Sequence[str]  # ISO 8601
    reference: Sequence[str]  # by which the source knows the review, or empty

    def chosen(self, wanted: Sequence[bool]) -> Columns:
        return Columns(*(list(compress(column, wanted)) for column in self))


class PastReview(NamedTuple):
    """One review to be taken over, for who has few."""

    organisation: str
    channel: Channel
    level: int
    day: date
    item_code: str = ""
    counter_number: str = ""
    tags: Sequence[str] = ()
    reference: str = ""


def columns_of(reviews: Iterable[PastReview]) -> Columns:
    """``reviews`` as columns."""
    rows = [
        (
            *(one.organisation, one.item_code, one.counter_number, str(one.channel)),
            *(str(one.level), ",".join(one.tags), one.day.isoformat(), one.reference),
        )
        for one in reviews
    ]
    return Columns(*(zip(*rows, strict=True) if rows else ((),) * len(Columns._fields)))


@dataclass(frozen=True)
class Part:
    """Which part of its file a chunk is; see ``ImportedChunk``."""

    file: ImportedFile
    number: int
    rows_read: int
    rejects_size: int
    rejected: int
    texts: int


def import_source(*, name: str, organisation: Organisation) -> ImportSource:
    """The source called ``name``, for whose reviews ``organisation`` answers; made at first use.
    Raises ``ImportSourceOfAnotherBody``."""
    source, _created = ImportSource.objects.get_or_create(
        name=name, defaults={"organisation": organisation, "created_at": clock.now()}
    )
    if source.organisation_id != organisation.pk:
        raise errors.ImportSourceOfAnotherBody(field="source")
    return source


def begin_file(
    *, source: ImportSource, sha256: bytes, manner: Mapping[str, Any], rejects: str
) -> ImportedFile:
    """The file whose content has the hash ``sha256``, as one of ``source`` that is read in
    ``manner``; the same object when its import has begun before. Raises ``ImportedAlready``."""
    file, _created = ImportedFile.objects.get_or_create(
        sha256=sha256,
        defaults={
            "source": source,
            "manner": manner,
            "rejects": rejects,
            "started_at": clock.now(),
        },
    )
    if file.source_id != source.pk or file.manner != manner:
        raise errors.ImportedAlready(field="file")
    return file


@transaction.atomic
def import_reviews(
    *, source: ImportSource, reviews: Columns, defaults: int = 0, part: Part | None = None
) -> ImportedChunk:
    """Store decoded reviews of ``source`` with their entries in the log; all or nothing.

    One whose reference the source gave before, here or earlier, is left out and counted.
    ``defaults`` is how many ratings were left out because nobody gave them. With ``part`` the rows
    are the next part of a file. Raises ``ImportedRowInvalid``, or ``ImportedElsewhere`` when that
    part is stored already.
    """
    # One chunk of a source at a time: two could otherwise bring the same reference.
    source = ImportSource.objects.select_for_update().get(pk=source.pk)
    if part and ImportedChunk.objects.filter(file=part.file).count() != part.number - 1:
        raise errors.ImportedElsewhere
    bodies = _checked(reviews)
    chunk = ImportedChunk(
        source=source,
        defaults=defaults,
        imported_at=clock.now(),
        **(vars(part) if part else {}),
    )
    stored = _insert(chunk, _Stored.of(source, reviews, bodies))
    chunk.taken = len(stored.owner)
    chunk.duplicates = len(reviews.day) - chunk.taken
    if chunk.taken or defaults:
        chunk.entry = _log(chunk, stored, bodies)
    chunk.save(force_insert=True)
    return chunk


def already_taken(*, source: ImportSource, reviews: Columns) -> list[bool]:
    """Which of ``reviews`` came from ``source`` before, by their references. Two queries; raises
    ``ImportedRowInvalid``."""
    rows = _Stored.of(source, reviews, _checked(reviews))
    known = _known(rows)
    return [key in known for key in rows.keys]


class _Stored(NamedTuple):
    """What is written of each review, column by column, and its organisation's code."""

    uscc: Sequence[str]
    owner: Sequence[str]
    item_code: Sequence[str]
    counter_number: Sequence[str]
    channel: Sequence[str]
    level: Sequence[str]
    tags: Sequence[str]
    day: Sequence[str]
    reference: Sequence[str]

    @classmethod
    def of(
        cls, source: ImportSource, reviews: Columns, bodies: Mapping[str, directory.At]
    ) -> _Stored:
        keys = {uscc: body.key.hex for uscc, body in bodies.items()}
        return cls(
            reviews.organisation,
            [keys[uscc] for uscc in reviews.organisation],
            *reviews[1:-1],
            _hashes(source, reviews.reference),
        )

    @property
    def keys(self) -> Iterator[tuple[str, str]]:
        return zip(self.owner, self.reference, strict=True)

    def without(self, known: set[tuple[str, str]]) -> _Stored:
        """Without those that are ``known``, nor any but the first of those that are alike."""
        seen, wanted = set(known), []
        for key in self.keys:
            wanted.append(not key[1] or key not in seen)
            seen.add(key)
        return _Stored(*(list(compress(column, wanted)) for column in self))


def _checked(reviews: Columns) -> dict[str, directory.At]:
    """Where the organisations of ``reviews`` are, by their codes. Each different value is looked at
    once. Raises ``ImportedRowInvalid``."""
    for name, form in _FORMS.items():
        if not all(map(form.fullmatch, set(getattr(reviews, name)))):
            raise errors.ImportedRowInvalid(field=name)
    for level, tags in set(zip(reviews.level, reviews.tags, strict=True)):
        if any(code[0] != level for code in tags.split(",") if code):
            raise errors.ImportedRowInvalid(field="tags")
    today = clock.today().isoformat()
    if not all(_is_day(day) and day <= today for day in set(reviews.day)):
        raise errors.ImportedRowInvalid(field="day")
    wanted = set(reviews.organisation)
    bodies = directory.places_by_uscc(wanted)
    if bodies.keys() != wanted:
        raise errors.ImportedRowInvalid(field="organisation")
    return bodies


def _is_day(text: str) -> bool:
    try:
        return _DAY.fullmatch(text) is not None and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _hashes(source: ImportSource, references: Sequence[str]) -> list[str]:
    """Keyed hashes of 128 bits, hexadecimal; empty where there is no reference. A reference may be
    the number of somebody's case, which nobody shall be able to try out."""
    if not any(references):
        return [""] * len(references)
    begun = hashlib.blake2b(
        source.pk.bytes, key=crypto.subkey("import-reference"), digest_size=16
    ).copy

    def hashed(reference: str) -> str:
        digest = begun()
        digest.update(reference.encode())
        return digest.hexdigest()

    return [hashed(reference) if reference else "" for reference in references]


def _insert(chunk: ImportedChunk, wanted: _Stored) -> _Stored:
    """Store ``wanted`` but for what is known already; what was stored. The database is asked what
    it knows only when it has refused something: almost always all are new."""
    try:
        with transaction.atomic():
            _copy(chunk, wanted)
    except IntegrityError:
        wanted = wanted.without(_known(wanted))
        _copy(chunk, wanted)
    return wanted


def _copy(chunk: ImportedChunk, rows: _Stored) -> None:
    if not rows.owner:
        return
    bulk.insert_columns(
        ImportedReview,
        ("number", *FIELDS),
        [
            [str(number) for number in range(1, len(rows.owner) + 1)],
            *rows[1:-1],
            [reference or None for reference in rows.reference]
            if "" in rows.reference
            else rows.reference,
        ],
        same={"chunk": chunk.pk},
    )


def _known(rows: _Stored) -> set[tuple[str, str]]:
    """Which of the keys of ``rows`` are stored already."""
    keys = [owner + reference for owner, reference in rows.keys if reference]
    table = ImportedReview._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT left(k, 32), right(k, 32) FROM unnest(%s::text[]) AS k "  # noqa: S608
                f"WHERE EXISTS (SELECT 1 FROM {table} WHERE organisation_id = left(k, 32)::uuid "
                "AND reference = right(k, 32)::uuid)",
                [keys],
            )
        else:
            cursor.execute(
                "SELECT substr(value, 1, 32), substr(value, 33) FROM json_each(%s) "  # noqa: S608
                f"WHERE EXISTS (SELECT 1 FROM {table} WHERE "
                "organisation_id = substr(value, 1, 32) AND reference = substr(value, 33))",
                [json.dumps(keys)],
            )
        return set(cursor.fetchall())


def _log(chunk: ImportedChunk, rows: _Stored, bodies: Mapping[str, directory.At]) -> Entry:
    """The entries that count ``chunk``, as many as their size asks for; the first of them binds
    its rows. They are no reviews for an epoch's floor: behind old figures nobody could hide."""
    body = chunk.source.organisation
    pieces = list(_counts(rows, bodies)) or [(0, {})]
    documents = [
        {
            "organisation": body.uscc,
            "region": body.region.code,
            "day": clock.local(chunk.imported_at).date().isoformat(),
            "source": chunk.source.name,
            "chunk": chunk.pk.hex,
            "part": part,
            "parts": len(pieces),
            "reviews": amount,
            "defaults": chunk.defaults if part == 1 else 0,
            "counts": counts,
        }
        for part, (amount, counts) in enumerate(pieces, start=1)
    ]
    first = log.append(
        kind="imported",
        organisation=body,
        subject_id=chunk.pk,
        public=documents[0],
        private={"rows": digest_of(zip(*rows[1:], strict=True))},
    )
    log.append_all(log.New("imported", body, chunk.pk, public) for public in documents[1:])
    return first


_Counts = dict[str, dict[str, Any]]


def _counts(rows: _Stored, bodies: Mapping[str, directory.At]) -> Iterator[tuple[int, _Counts]]:
    """How many reviews there are of each organisation, day, channel and level, in pieces that fit
    into an entry: ``{uscc: {"region": …, "days": {day: {channel: {level: amount}}}}}``."""
    counted = Counter(zip(rows.uscc, rows.day, rows.channel, rows.level, strict=True))
    total, size, counts = 0, 0, _Counts()
    days: dict[str, dict[str, dict[str, int]]] = {}
    channels: dict[str, dict[str, int]] = {}
    levels: dict[str, int] = {}
    last_uscc = last_day = last_channel = ""
    for (uscc, day, channel, level), amount in sorted(counted.items()):
        new_day = (uscc, day) != (last_uscc, last_day)
        # One day of a body is never cut: it is a few hundred bytes.
        if new_day and size > _ENTRY_BYTES:
            yield total, counts
            total, size, counts, last_uscc = 0, 0, _Counts(), ""
        if uscc != last_uscc:
            region, days = bodies[uscc].region, {}
            counts[uscc] = {"region": region, "days": days}
            size += len(uscc) + len(region) + len("region") + len("days") + 4 * _AROUND
        if new_day or uscc != last_uscc:
            channels = days[day] = {}
            last_channel = ""
            size += len(day) + _AROUND
        if channel != last_channel:
            levels = channels[channel] = {}
            size += len(channel) + _AROUND
        levels[level] = amount
        total += amount
        size += len(str(amount)) + _AROUND
        last_uscc, last_day, last_channel = uscc, day, channel
    if counts:
        yield total, counts
