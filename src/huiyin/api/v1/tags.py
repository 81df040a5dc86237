"""The tags citizens choose from."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema

from huiyin.api.v1.shapes import LevelTags, Tag
from huiyin.reviews import models
from huiyin.reviews.queries import current_tags

router = Router(tags=["reviews"])


class Tags(Schema):
    levels: list[LevelTags]


@router.get("/tags", response=Tags, operation_id="listTags", summary="Levels and their tags")
def list_tags(request: HttpRequest, response: HttpResponse) -> Tags:
    """The five levels, best first, each with the tags of the list in force today."""
    response["Cache-Control"] = "public, max-age=300"
    return Tags(levels=by_level(current_tags().values()))


def by_level(tags: Iterable[models.Tag]) -> list[LevelTags]:
    known = sorted(tags, key=lambda tag: tag.code)
    return [
        LevelTags(
            level=level.value,
            words=str(level.label),
            tags=[Tag.from_orm(tag) for tag in known if tag.level == level],
        )
        for level in models.Level
    ]
