"""The list of tags that comes with a release."""

from __future__ import annotations

import csv
from datetime import date
from importlib import resources

from django.db import transaction

from huiyin.reviews.models import Tag, TagList


@transaction.atomic
def seed_tags() -> None:
    """Put the tag list in force that comes with this release; does nothing when it is there."""
    tag_list, created = TagList.objects.get_or_create(
        version="2020", defaults={"valid_from": date(2020, 1, 1)}
    )
    if not created:
        return
    file = resources.files("huiyin.reviews") / "data" / "review_tags.csv"
    Tag.objects.bulk_create(
        Tag(tag_list=tag_list, **row)
        for row in csv.DictReader(file.read_text(encoding="utf-8").splitlines())
    )
