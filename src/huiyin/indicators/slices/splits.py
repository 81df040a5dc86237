"""Of which members the good and the bad reviews are told apart. Pure.

A member's released reviews are never few, but its bad ones may be. They are shown when neither the
good nor the bad ones are few, neither here nor among what the place above has besides; and when
those of all members that are not told apart are together not few either, for the place's own
figures tell good and bad reviews of all members.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Counts(NamedTuple):
    good: int = 0
    bad: int = 0

    def __sub__(self, other: Counts) -> Counts:
        return Counts(self.good - other.good, self.bad - other.bad)

    def few(self, below: int) -> bool:
        """Whether one of the two is small without being nothing."""
        return any(0 < number < below for number in self)


def told_apart(
    here: Mapping[str, Counts], above: Sequence[Mapping[str, Counts]], *, below: int
) -> frozenset[str]:
    """The members of ``here`` whose good and bad reviews are shown.

    ``above`` has the same members at each place that contains this one directly.
    """
    apart = {
        member
        for member, counts in here.items()
        if not counts.few(below)
        and not any((outer.get(member, Counts()) - counts).few(below) for outer in above)
    }
    smallest_last = sorted(apart, key=lambda member: (-sum(here[member]), member))
    while smallest_last and _rest(here, apart).few(below):
        apart.discard(smallest_last.pop())
    return frozenset(apart)


def _rest(here: Mapping[str, Counts], apart: set[str]) -> Counts:
    rest = [counts for member, counts in here.items() if member not in apart]
    return Counts(sum(one.good for one in rest), sum(one.bad for one in rest))
