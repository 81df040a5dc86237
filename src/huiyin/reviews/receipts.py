"""The receipt: what the citizen holds. Its code is the key to the status page.

The code follows from the review's place (event and ordinal) by a keyed function, so it need not be
stored: a repeated request gets the same one, and who reads the database cannot open a status page.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings

from huiyin.kernel import crypto, ids
from huiyin.reviews.models import Review

CODE_LENGTH = 15  # 75 bits, and a check character


@dataclass(frozen=True)
class Receipt:
    """What was recorded, when, and where to follow it."""

    code: str
    accepted_at: datetime
    ordinal: int
    level: int
    tags: list[str]
    text: str
    photos: int
    hide_name_from_public: bool
    hide_name_from_unit: bool
    organisation: str
    service: str
    entry_hash: str
    log: str
    # Seconds after which at the latest the entry is in the public log.
    maximum_delay: int
    status_url: str


def code_for(*, event_id: UUID, ordinal: int) -> str:
    digest = crypto.mac(event_id.bytes + bytes([ordinal]), purpose="receipt")
    return ids.code_from(digest, CODE_LENGTH)


def hash_of(code: str) -> bytes:
    return crypto.lookup_hash(code, purpose="receipt")


def status_url(code: str) -> str:
    """The address of the status page that ``code`` opens."""
    return f"{settings.HUIYIN_BASE_URL}/s/{code}"


def receipt_for(review: Review, *, photos: int) -> Receipt:
    """The receipt of a stored review, loaded as ``queries.with_receipt`` does, with so many
    ``photos``. No query."""
    code = code_for(event_id=review.event_id, ordinal=review.ordinal)
    return Receipt(
        code=code,
        accepted_at=review.accepted_at,
        ordinal=review.ordinal,
        level=review.level,
        tags=list(review.tags),
        text=review.content.text,
        photos=photos,
        hide_name_from_public=review.hide_name_from_public,
        hide_name_from_unit=review.hide_name_from_unit,
        organisation=str(review.organisation),
        service=review.event.case.item_name,
        entry_hash=bytes(review.entry.leaf_hash).hex(),
        log=settings.HUIYIN_LOG_NAME,
        maximum_delay=settings.HUIYIN_EPOCH_MAX_SECONDS,
        status_url=status_url(code),
    )
