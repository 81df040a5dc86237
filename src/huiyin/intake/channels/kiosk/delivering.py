"""Ratings that a self-service terminal kept while its network was away, and delivers later.

Each is signed by the terminal's own key (ECDSA over P-256, which every browser's WebCrypto has and
keeps where no script can read it), at the moment when the citizen gave it. The signature covers the
text as it was signed, letter by letter, so there is nothing to be brought into a canonical form.
That a rating counts once, the visit's key sees to: sent again it gets the same receipt.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, NamedTuple
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from django.conf import settings

from huiyin.intake.devices.errors import (
    DeviceOfAnotherKind,
    RatingExpired,
    RatingInvalid,
    SignatureWrong,
)
from huiyin.intake.devices.models import Device
from huiyin.intake.lane import lane
from huiyin.kernel import clock
from huiyin.kernel.problems import Problem
from huiyin.reviews.models import Channel
from huiyin.reviews.services import Given, NewReview, Verdict
from huiyin.reviews.tokens import Visit

# What is signed begins with this, so that no other signature of the key can pass for one of these.
PREFIX = b"huiyin.rating.1\n"
MAX_SAID = 4000
_VISIT_VERSION = 8
_HALF = 32
# A clock outside of this was never set: what it claims is not worth keeping.
_PLAUSIBLE = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))

_Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class Said(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the terminal signed, as JSON."""

    device: UUID
    visit: UUID
    level: int
    tags: Annotated[list[Annotated[str, msgspec.Meta(max_length=10)]], msgspec.Meta(max_length=40)]
    # By the terminal's clock: a claim.
    claimed_at: _Moment


class Signed(NamedTuple):
    """The text of a ``Said``, and its signature (r ‖ s, 32 bytes each)."""

    said: str
    signature: bytes


_decoder = msgspec.json.Decoder(Said)


def deliver(
    *, device: Device, ratings: Sequence[Signed], sent_at: datetime, language: str = ""
) -> list[Verdict]:
    """Store what ``device`` kept; for each, in order, its receipt or what is wrong with it.

    ``sent_at`` is when the terminal sends them, by its own clock: with ``claimed_at`` it says how
    old each is, however wrong that clock may be. Raises ``DeviceOfAnotherKind``.
    """
    if device.place_id is None or device.public_key is None:
        raise DeviceOfAnotherKind
    verdicts: dict[int, Verdict] = {}
    given: dict[int, Given] = {}
    key = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), bytes(device.public_key))
    for place, one in enumerate(ratings):
        try:
            given[place] = _given(device, key, one, sent_at, language)
        except Problem as problem:
            verdicts[place] = problem
    verdicts |= dict(zip(given, lane.give_all(list(given.values())), strict=True))
    return [verdicts[place] for place in range(len(ratings))]


def _given(
    device: Device, key: EllipticCurvePublicKey, one: Signed, sent_at: datetime, language: str
) -> Given:
    """Raises a ``Problem``."""
    _need_signature(key, one)
    said = read(one.said)
    if said.device != device.pk:
        raise SignatureWrong
    keep = timedelta(days=settings.HUIYIN_KIOSK_DAYS)
    if sent_at - said.claimed_at > keep:
        raise RatingExpired
    plausible = _PLAUSIBLE[0] <= said.claimed_at < _PLAUSIBLE[1]
    right = Visit(
        device.place_id,  # type: ignore[arg-type]
        device.organisation_id,
        said.visit,
        clock.now() + keep,
        Channel.KIOSK,
    )
    review = NewReview(
        level=said.level,
        tags=said.tags,
        channel=Channel.KIOSK,
        # Another rating under the same visit is told apart from the same one sent again.
        idempotency_key=said.visit.hex,
        claimed_at=said.claimed_at if plausible else None,
    )
    return Given(right, review, language)


def read(text: str) -> Said:
    """What was signed. Raises ``RatingInvalid``."""
    try:
        said = _decoder.decode(text)
    except (msgspec.MsgspecError, ValueError) as error:
        raise RatingInvalid from error
    if said.visit.version != _VISIT_VERSION:
        raise RatingInvalid(field="visit")
    return said


def _need_signature(key: EllipticCurvePublicKey, one: Signed) -> None:
    raw = one.signature
    if len(raw) != 2 * _HALF:
        raise SignatureWrong
    r, s = int.from_bytes(raw[:_HALF]), int.from_bytes(raw[_HALF:])
    try:
        key.verify(encode_dss_signature(r, s), PREFIX + one.said.encode(), ECDSA(SHA256()))
    except (InvalidSignature, UnicodeEncodeError) as error:
        raise SignatureWrong from error
