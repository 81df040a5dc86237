"""The receipt: what the citizen holds. Its code is the key to the status page.

The code follows from the review's place (event and ordinal) by a keyed function, so it need not be
stored: a repeated request gets the same one, and who reads the database cannot open a status page.
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

import msgspec
from django.conf import settings
from django.utils.translation import get_language

from huiyin.kernel import crypto, ids
from huiyin.log import keys
from huiyin.log.entries import Sealed, salts_by_name
from huiyin.log.models import EntrySecret
from huiyin.log.notes import PrivateKey
from huiyin.reviews.giving import NewReview
from huiyin.reviews.models import Review

# The parts of a review's entry that are hidden.
HIDDEN = ("event", "photos", "text")
CODE_LENGTH = 15  # 75 bits, and a check character


class Receipt(msgspec.Struct, frozen=True):
    """What was recorded, when, where to follow it, and the promise that it will be counted."""

    code: str
    # RFC 3339, UTC, milliseconds.
    accepted_at: str
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
    # The entry whose hash that is, canonical JSON, and the salts by which what it hides can be
    # checked (hex); none once they were erased.
    entry: str
    salts: dict[str, str]
    log: str
    log_url: str
    # Seconds after which at the latest the entry is in the public log.
    maximum_delay: int
    # A signed note (C2SP) by the log's key, and the verifier key. The signature is always the same,
    # so a receipt that is asked for again is the same to the letter.
    promise: str
    log_key: str
    status_url: str


def code_for(*, event_id: UUID, ordinal: int) -> str:
    digest = crypto.mac(event_id.bytes + bytes([ordinal]), purpose="receipt")
    return ids.code_from(digest, CODE_LENGTH)


def hash_of(code: str) -> bytes:
    return crypto.lookup_hash(code, purpose="receipt")


def status_url(code: str) -> str:
    """The address of the status page that ``code`` opens."""
    return f"{settings.HUIYIN_BASE_URL}/s/{code}"


class Common(NamedTuple):
    """What all receipts have in common that are written together."""

    accepted_at: str
    ordinal: int
    log: str
    base_url: str
    maximum_delay: int
    signer: PrivateKey


def common(*, accepted_at: str, ordinal: int) -> Common:
    return Common(
        accepted_at,
        ordinal,
        settings.HUIYIN_LOG_NAME,
        settings.HUIYIN_BASE_URL,
        settings.HUIYIN_EPOCH_MAX_SECONDS,
        keys.signer(),
    )


def receipt_for(
    review: NewReview,
    like: Common,
    *,
    code: str,
    organisation: str,
    service: str,
    made: Sealed,
) -> Receipt:
    """The receipt of what was just stored as the entry ``made``. No query."""
    return Receipt(
        code,
        like.accepted_at,
        like.ordinal,
        review.level,
        list(review.tags),
        review.text,
        len(review.photos),
        review.hide_name_from_public,
        review.hide_name_from_unit,
        organisation,
        service,
        made.leaf_hash.hex(),
        made.canonical.decode(),
        _salt_of_the_words(made.salts),
        like.log,
        f"{like.base_url}/log",
        like.maximum_delay,
        like.signer.sign(_promise(made.leaf_hash, like)),
        like.signer.vkey,
        f"{like.base_url}/s/{code}",
    )


def receipt_of(stored: Review, *, photos: int, language: str = "") -> Receipt:
    """The receipt of a stored review, loaded as ``queries.with_receipt`` does, with so many
    ``photos``. No query."""
    secret: EntrySecret | None = getattr(stored.entry, "secret", None)
    given = NewReview(
        stored.level,
        stored.tags,
        stored.text,
        stored.hide_name_from_public,
        stored.hide_name_from_unit,
    )
    made = Sealed(
        stored.entry.public.encode(),
        bytes(stored.entry.leaf_hash),
        bytes(secret.salts) if secret else b"",
    )
    moment = rfc3339(stored.accepted_at)
    receipt = receipt_for(
        given,
        common(accepted_at=moment, ordinal=stored.ordinal),
        code=code_for(event_id=stored.event_id, ordinal=stored.ordinal),
        organisation=stored.organisation.name_in(language or get_language() or ""),
        service=stored.event.item_name,
        made=made,
    )
    return msgspec.structs.replace(receipt, photos=photos)


def rfc3339(moment: datetime) -> str:
    """``moment`` in UTC, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _promise(leaf_hash: bytes, like: Common) -> str:
    """What the log promises: that the entry is in it so many seconds after the moment."""
    return (
        f"{like.log}/promise\n{base64.b64encode(leaf_hash).decode()}\n"
        f"{like.accepted_at}\n{like.maximum_delay}\n"
    )


def _salt_of_the_words(salts: bytes) -> dict[str, str]:
    """What a citizen needs to show that the log holds the words as they were written; nothing once
    they were erased."""
    if not salts:
        return {}
    return {"text": salts_by_name(HIDDEN, salts)["text"].hex()}
