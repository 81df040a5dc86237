"""From an entry of the public log to what it adds to the breakdowns. Pure: no database, no Django.

``void`` takes back what its ``review`` names; one that names no item or tags (entries of releases
before there were breakdowns) takes nothing back from those two.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from huiyin.indicators.definitions import ACTIVE
from huiyin.indicators.slices.dimensions import Dimension

Document = Mapping[str, Any]


class Group(NamedTuple):
    """What is released together: one unit's reviews in one region and month, by one dimension."""

    organisation: str
    region: str
    month: str  # its first day
    dimension: str


class Share(NamedTuple):
    """Reviews of one level of a member. ``level`` is negative for those that a ruling voided."""

    organisation: str
    region: str
    month: str
    dimension: str
    member: str
    level: int

    @property
    def group(self) -> Group:
        return Group._make(self[:4])


def shares(document: Document) -> Iterator[tuple[Share, int]]:
    """What ``document`` (an entry's public members) adds to which breakdowns."""
    kind = document["kind"]
    if kind == "review" and document["ordinal"] == 1:
        yield from _of_review(document, document["level"])
    elif kind == "step" and document["event"] == "void" and "review" in document:
        yield from _of_review(document["review"], -document["review"]["level"])
    elif kind == "imported":
        yield from _of_imported(document)


def _of_review(review: Document, level: int) -> Iterator[tuple[Share, int]]:
    def one(dimension: Dimension, member: str) -> tuple[Share, int]:
        place = (review["organisation"], review["region"], _month(review["day"]))
        return Share(*place, dimension.value, member, level), 1

    yield one(Dimension.TRUST, review["trust"])
    if review["trust"] not in ACTIVE:
        return
    yield one(Dimension.CHANNEL, review["channel"])
    yield one(Dimension.LEVEL, str(abs(level)))
    if "item" in review:
        yield one(Dimension.ITEM, review["item"])
    for tag in review.get("tags", ()):
        yield one(Dimension.TAG, tag)


def _of_imported(entry: Document) -> Iterator[tuple[Share, int]]:
    for uscc, of in entry["counts"].items():
        for day, channels in of["days"].items():
            for levels in channels.values():
                for level, amount in levels.items():
                    place = (uscc, of["region"], _month(day))
                    yield Share(*place, Dimension.TRUST.value, "imported", int(level)), amount


def _month(day: str) -> str:
    return f"{day[:7]}-01"
