"""Checks of ``huiyin doctor``: do the tables still say what the log says?

The log cannot be altered unnoticed, but the tables beside it can, by whoever owns the database. A
check reads the newest ``RECENT`` rows, or all of them when ``full``.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.db.models import Exists, OuterRef, Subquery

from huiyin.indicators import services as indicators
from huiyin.log import entries
from huiyin.log.models import Entry, EntrySecret
from huiyin.matters.models import Matter, Step
from huiyin.reviews.imported import digest_of
from huiyin.reviews.models import ImportedChunk, ImportedReview, Review
from huiyin.reviews.queries import imported_rows

RECENT = 100_000
_CHUNK = 2000


def unplaced_entries(*, full: bool) -> int:
    """Entries that neither have a place in the log nor wait for one: somebody keeps them out."""
    entries_asked = Entry.objects.all()
    if not full:
        # Keys grow with time.
        entries_asked = entries_asked.filter(
            pk__in=Entry.objects.order_by("-pk").values("pk")[:RECENT]
        )
    return entries_asked.filter(leaf__isnull=True, pending__isnull=True).count()


def is_long() -> bool:
    """Whether the log has more entries than are read without being asked to."""
    return Entry.objects.order_by("pk")[RECENT : RECENT + 1].exists()


def differing_tallies() -> int:
    """Figures that are not the sum of the log. Reads every entry."""
    return len(indicators.recompute())


def altered_reviews(*, full: bool) -> int:
    """Reviews whose level, tags, words or pictures are not the ones that entered the log.

    An erased text has no salt any more; then only what is public can be compared. The files of the
    pictures are read only when ``full``.
    """
    reviews = (
        Review.objects.select_related("content", "entry__secret")
        .prefetch_related("photos")
        .order_by("-pk")
    )
    asked = reviews if full else reviews[:RECENT]
    return sum(
        not (_is_as_logged(review) and (not full or _has_its_files(review)))
        for review in asked.iterator(chunk_size=_CHUNK)
    )


def altered_imports(*, full: bool) -> int:
    """Chunks of imported reviews whose rows are not the ones that their entry in the log binds, and
    rows of no chunk (these are looked for only when ``full``)."""
    chunks = ImportedChunk.objects.select_related("entry__secret").order_by("-pk")
    altered = read = 0
    for chunk in chunks.iterator(chunk_size=_CHUNK):
        if read >= RECENT and not full:
            break
        altered += not _is_as_imported(chunk)
        read += chunk.taken
    if full:
        known = ImportedChunk.objects.filter(pk=OuterRef("chunk_id"))
        altered += ImportedReview.objects.filter(~Exists(known)).count()
    return altered


def misplaced_matters(*, full: bool) -> int:
    """Matters that do not stand where their last step left them."""
    last = Step.objects.filter(matter=OuterRef("pk")).order_by("-number")
    matters = Matter.objects.order_by("-pk").values_list(
        "state",
        "round",
        "version",
        Subquery(last.values("state_after")[:1]),
        Subquery(last.values("round")[:1]),
        Subquery(last.values("number")[:1]),
    )
    asked = matters if full else matters[:RECENT]
    return sum(row[:3] != row[3:] for row in asked.iterator(chunk_size=_CHUNK))


def _is_as_logged(review: Review) -> bool:
    canonical = review.entry.public.encode()
    if entries.leaf_hash(canonical) != bytes(review.entry.leaf_hash):
        return False
    public = _document(canonical)
    if public.get("kind") != "review":
        return False
    if (public["level"], public["tags"]) != (review.level, sorted(review.tags)):
        return False
    secret: EntrySecret | None = getattr(review.entry, "secret", None)
    content = review.words
    if secret is None:
        return content is None  # erased together, or not at all
    pictures = " ".join(photo.sha256 for photo in review.photos.all())
    hidden = {"event": review.event_id.hex, "text": review.text, "photos": pictures}
    salts = entries.salts_by_name(hidden, bytes(secret.salts))
    return all(
        entries.commitment(salts[name], text).hex() == public["private"][name]
        for name, text in hidden.items()
    )


def _document(canonical: bytes) -> dict[str, Any]:
    """What an entry says; nothing, where somebody put something else in its place."""
    try:
        document = json.loads(canonical)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _is_as_imported(chunk: ImportedChunk) -> bool:
    rows = imported_rows(chunk)
    if chunk.entry is None:
        return not rows
    written = chunk.entry.public.encode()
    public = _document(written)
    secret: EntrySecret | None = getattr(chunk.entry, "secret", None)
    if (
        secret is None
        or entries.leaf_hash(written) != bytes(chunk.entry.leaf_hash)
        # Only the first of the chunk's entries binds its rows.
        or (public.get("chunk"), public.get("part")) != (chunk.pk.hex, 1)
    ):
        return False
    salts = entries.salts_by_name(public["private"], bytes(secret.salts))
    bound: str = public["private"]["rows"]
    return entries.commitment(salts["rows"], digest_of(rows)).hex() == bound


def _has_its_files(review: Review) -> bool:
    for photo in review.photos.all():
        try:
            with photo.file.open() as stored:
                if hashlib.sha256(stored.read()).hexdigest() != photo.sha256:
                    return False
        except FileNotFoundError:
            return False
    return True
