"""What a citizen gives, whatever the channel, and whether it can be taken as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from huiyin.kernel.text import is_blank, is_printable
from huiyin.kernel.uploads import AcceptedFile
from huiyin.reviews import errors
from huiyin.reviews.models import BAD_LEVELS, Channel, Level
from huiyin.reviews.tokens import Token

MAX_TEXT = 2000
MAX_PHOTOS = 5
_LEVELS = frozenset(Level.values)


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

    @property
    def is_bad(self) -> bool:
        return self.level in BAD_LEVELS


class Given(NamedTuple):
    """A review, the right under which it comes, and the language of who gives it."""

    right: Token
    review: NewReview
    language: str = ""


def check(review: NewReview, known: Mapping[str, int]) -> NewReview:
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
    if review.is_bad and not chosen and not text:
        raise errors.DetailMissing(field="tags")
    if len(review.photos) > MAX_PHOTOS:
        raise errors.TooManyPhotos(field="photos")
    return msgspec.structs.replace(review, tags=chosen, text=text)


def _as_stored(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if len(text) > MAX_TEXT:
        raise errors.TextTooLong(field="text")
    if not is_printable(text):
        raise errors.TextInvalid(field="text")
    return "" if is_blank(text) else text
