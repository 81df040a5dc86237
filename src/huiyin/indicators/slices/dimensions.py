"""What reviews are broken down by. Pure."""

from __future__ import annotations

from enum import StrEnum


class Dimension(StrEnum):
    """A counter is no dimension: it is one clerk."""

    CHANNEL = "channel"
    TRUST = "trust"
    LEVEL = "level"
    ITEM = "item"
    TAG = "tag"


# A review has any number of tags: what is counted by them does not add up to the reviews.
MANY_VALUED = frozenset({Dimension.TAG})
