"""Appending to the log. Only the services of other packages call this, inside their transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction

from huiyin.directory.models import Organisation
from huiyin.kernel import clock
from huiyin.log import entries
from huiyin.log.models import Entry, EntrySecret, PendingEntry


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
    Must run inside the transaction of what it records: both or neither.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("a log entry belongs into the transaction of what it records")
    made = entries.make(kind, public, private or {})
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
