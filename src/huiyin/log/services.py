"""Appending to the log. Only the services of other packages call this, inside their transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction

from huiyin.directory.models import Organisation
from huiyin.kernel import bulk, clock, ids
from huiyin.log import entries
from huiyin.log.errors import EntryTooLarge
from huiyin.log.models import Entry, EntrySecret, PendingEntry
from huiyin.log.tiles import MAX_ENTRY_BYTES


@dataclass(slots=True)
class New:
    """An entry to be appended with others; see ``append`` for the members."""

    kind: str
    organisation: Organisation
    subject_id: UUID
    public: Mapping[str, Any]


def append(
    *,
    kind: str,
    organisation: Organisation,
    subject_id: UUID,
    public: Mapping[str, Any],
    private: Mapping[str, str] | None = None,
    is_review: bool = False,
) -> Entry:
    """Append one entry; it is public once its epoch is sealed.

    ``public`` carries the day, never the time. ``is_review`` entries count for the epoch's floor.
    Must run inside the transaction of what it records: both or neither. Raises ``EntryTooLarge``,
    as all that append do.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("a log entry belongs into the transaction of what it records")
    made = _fitting(entries.make(kind, public, private or {}))
    now = clock.now()
    entry = Entry.objects.create(
        kind=kind,
        organisation=organisation,
        subject_id=subject_id,
        public=made.canonical.decode(),
        leaf_hash=made.leaf_hash,
        appended_at=now,
    )
    if made.salts:
        EntrySecret.objects.create(entry=entry, salts=made.salts)
    PendingEntry.objects.create(entry=entry, is_review=is_review, since=now)
    return entry


def append_all(news: Iterable[New]) -> list[UUID]:
    """Append entries without hidden parts, none of them a review, in two statements; their keys.

    Must run inside the transaction of what they record.
    """
    if not bulk.is_whole():
        raise RuntimeError("a log entry belongs into the transaction of what it records")
    wanted = list(news)
    now, keys = clock.now(), ids.uuid7s(len(wanted))
    stored = []
    for key, new in zip(keys, wanted, strict=True):
        made = _fitting(entries.make(new.kind, new.public, {}))
        stored.append(
            (
                key,
                new.kind,
                new.organisation.pk,
                new.subject_id,
                made.canonical.decode(),
                made.leaf_hash,
            )
        )
    bulk.insert(
        Entry,
        ("id", "kind", "organisation", "subject_id", "public", "leaf_hash"),
        stored,
        same={"appended_at": now},
    )
    bulk.insert(
        PendingEntry, ("entry",), [(key,) for key in keys], same={"is_review": False, "since": now}
    )
    return keys


class NewReview(NamedTuple):
    """The entry of a review, to be appended with others."""

    organisation_id: UUID
    subject_id: UUID
    public: Mapping[str, Any]
    private: Mapping[str, str]


class Appended(NamedTuple):
    """The key of an entry that was appended, and what it is made of."""

    key: UUID
    made: entries.Sealed


def append_reviews(news: Sequence[NewReview]) -> list[Appended]:
    """Append the entries of reviews, in three statements; they count for the epoch's floor.

    Must run inside the transaction of what they record.
    """
    if not bulk.is_whole():
        raise RuntimeError("a log entry belongs into the transaction of what it records")
    now, keys = clock.now(), ids.uuid7s(len(news))
    made = [_fitting(entries.make("review", new.public, new.private, plain=True)) for new in news]
    bulk.insert(
        Entry,
        ("id", "organisation", "subject_id", "public", "leaf_hash"),
        [
            (key, new.organisation_id, new.subject_id, one.canonical.decode(), one.leaf_hash)
            for key, new, one in zip(keys, news, made, strict=True)
        ],
        same={"kind": "review", "appended_at": now},
    )
    bulk.insert(
        EntrySecret,
        ("entry", "salts"),
        [(key, one.salts) for key, one in zip(keys, made, strict=True)],
    )
    bulk.insert(
        PendingEntry, ("entry",), [(key,) for key in keys], same={"is_review": True, "since": now}
    )
    return list(map(Appended, keys, made))


def _fitting(made: entries.Sealed) -> entries.Sealed:
    if len(made.canonical) > MAX_ENTRY_BYTES:
        raise EntryTooLarge
    return made
