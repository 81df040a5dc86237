"""The rating page's form, decoded into what every channel hands over: a ``NewReview``.

Each level has its own list of tags in the form (``tags_1`` … ``tags_5``). A citizen may tick tags,
then change the level: only the list of the level that was sent counts, the others are forgotten.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict

from huiyin.kernel.problems import Invalid, Problem
from huiyin.kernel.uploads import AcceptedFile, accept_photo
from huiyin.reviews.errors import LevelInvalid, TooManyPhotos
from huiyin.reviews.models import Channel, Level
from huiyin.reviews.services import MAX_PHOTOS, NewReview

_MAX_KEY = 64


@dataclass(frozen=True)
class Filled:
    """What stood in the form, so that it can be shown again exactly as it was."""

    # Random, made with the form: a form sent twice is one review.
    key: str
    level: int | None = None
    # Ticks by level, of all levels.
    ticked: tuple[tuple[int, tuple[str, ...]], ...] = ()
    text: str = ""
    hide_name_from_public: bool = False
    hide_name_from_unit: bool = False

    @property
    def tags(self) -> list[str]:
        """The tags ticked under the chosen level."""
        return list(dict(self.ticked).get(self.level or 0, ()))

    @property
    def all_ticked(self) -> list[str]:
        return [code for _level, codes in self.ticked for code in codes]


def decode(data: QueryDict) -> Filled:
    """What ``data`` says; nothing is judged yet."""
    sent = data.get("level", "")
    return Filled(
        key=data.get("key", "")[:_MAX_KEY],
        level=int(sent) if sent in {str(level) for level in Level.values} else None,
        ticked=tuple((level, tuple(data.getlist(f"tags_{level}"))) for level in Level.values),
        text=data.get("text", ""),
        hide_name_from_public="hide_name_from_public" in data,
        hide_name_from_unit="hide_name_from_unit" in data,
    )


def review_of(
    filled: Filled, uploads: Sequence[UploadedFile[Any]]
) -> tuple[NewReview | None, list[Problem]]:
    """The review that the form stands for, or everything that keeps it from being one."""
    photos, problems = accept_photos(uploads)
    if filled.level is None:
        problems.insert(0, LevelInvalid(field="level"))
    if problems or filled.level is None:
        return None, problems
    review = NewReview(
        level=filled.level,
        tags=filled.tags,
        text=filled.text,
        hide_name_from_public=filled.hide_name_from_public,
        hide_name_from_unit=filled.hide_name_from_unit,
        photos=photos,
        channel=Channel.WEB,
        idempotency_key=filled.key,
    )
    return review, []


def accept_photos(
    uploads: Sequence[UploadedFile[Any]],
) -> tuple[list[AcceptedFile], list[Problem]]:
    """A citizen's photographs, written anew without metadata, and what is wrong with the others."""
    if len(uploads) > MAX_PHOTOS:
        return [], [TooManyPhotos(field="photos")]
    photos: list[AcceptedFile] = []
    problems: list[Problem] = []
    for upload in uploads:
        name = upload.name or ""
        try:
            photos.append(accept_photo(upload, name=name, field="photos"))
        except Problem as problem:
            problems.append(Invalid(f"{name[:60]}: {problem}", field="photos"))
    return photos, problems
