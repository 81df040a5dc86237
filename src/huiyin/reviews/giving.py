"""What a citizen gives, whatever the channel, and whether it can be taken as it is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from huiyin.kernel.text import is_blank, is_printable
from huiyin.kernel.uploads import AcceptedFile
from huiyin.reviews import errors
from huiyin.reviews.models import BAD_LEVELS, Channel, Level
from huiyin.reviews.tokens import FIRST, Right

MAX_TEXT = 2000
MAX_PHOTOS = 5
MAX_SUB_CHANNEL, MAX_REFERENCE = 40, 100
_LEVELS = frozenset(Level.values)
# A key is all that citizens can press there: a bad review without a reason is taken, shown as such
# to the unit, and never filled with anything they did not say.
WITHOUT_DETAIL = frozenset({Channel.COUNTER_DEVICE, Channel.SMS, Channel.HOTLINE})
_MOBILE = re.compile(r"(?:\+?86)?(1[3-9][0-9]{9})")


class NewReview(msgspec.Struct, frozen=True):
    """What a citizen says of a service."""

    level: int
    tags: Sequence[str] = ()
    text: str = ""
    hide_name_from_public: bool = False
    hide_name_from_unit: bool = False
    photos: Sequence[AcceptedFile] = ()
    channel: Channel = Channel.WEB
    idempotency_key: str = ""
    # Where it came from, as far as the channel says; see ``models.ReviewOrigin``.
    sub_channel: str = ""
    claimed_at: datetime | None = None
    reference: str = ""
    # On site: where the relay reaches the citizen, if they want it. Kept for bad reviews alone.
    mobile: str = ""

    @property
    def is_bad(self) -> bool:
        return self.level in BAD_LEVELS

    @property
    def has_origin(self) -> bool:
        return bool(self.sub_channel or self.claimed_at or self.reference)


class Given(NamedTuple):
    """A review, the right under which it comes, and the language of who gives it."""

    right: Right
    review: NewReview
    language: str = ""


def check(review: NewReview, known: Mapping[str, int], *, ordinal: int = FIRST) -> NewReview:
    """``review`` as it will be stored; ``known`` are the tags in force with their levels.
    Raises what is wrong with it."""
    if review.level not in _LEVELS:
        raise errors.LevelInvalid(field="level")
    chosen = list(dict.fromkeys(review.tags))
    for code in chosen:
        if code not in known:
            raise errors.TagUnknown(field="tags")
        if known[code] != review.level:
            raise errors.TagOfAnotherLevel(field="tags")
    text = review.text
    if text:
        text = _as_stored(text)
    may_be_silent = ordinal == FIRST and review.channel in WITHOUT_DETAIL
    if review.is_bad and not chosen and not text and not may_be_silent:
        raise errors.DetailMissing(field="tags")
    if len(review.photos) > MAX_PHOTOS:
        raise errors.TooManyPhotos(field="photos")
    if review.has_origin:
        _check_origin(review)
    mobile = _as_number(review.mobile) if review.mobile else ""
    return msgspec.structs.replace(review, tags=chosen, text=text, mobile=mobile)


def _as_stored(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if len(text) > MAX_TEXT:
        raise errors.TextTooLong(field="text")
    if not is_printable(text):
        raise errors.TextInvalid(field="text")
    return "" if is_blank(text) else text


def _check_origin(review: NewReview) -> None:
    for field, longest in (("sub_channel", MAX_SUB_CHANNEL), ("reference", MAX_REFERENCE)):
        said: str = getattr(review, field)
        if len(said) > longest or not is_printable(said):
            raise errors.OriginInvalid(field=field)


def _as_number(typed: str) -> str:
    """The 11 digits of a mobile number; empty when nothing was typed."""
    number = re.sub(r"[\s()-]+", "", typed)
    found = _MOBILE.fullmatch(number)
    if number and not found:
        raise errors.MobileInvalid(field="mobile")
    return found[1] if found else ""
