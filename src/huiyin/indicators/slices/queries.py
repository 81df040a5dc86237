"""Reading breakdowns. As of the newest folded epoch, like every figure; one query for each month
and six more, and a bounded number of rows, however many members a place has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from django.conf import settings
from django.db.models import QuerySet, Sum

from huiyin.directory.codes import parent_region_code
from huiyin.directory.models import Organisation, Region
from huiyin.indicators.definitions import GOOD
from huiyin.indicators.intervals import Interval, wilson
from huiyin.indicators.models import Slice
from huiyin.indicators.periods import Period
from huiyin.indicators.slices.dimensions import MANY_VALUED, Dimension
from huiyin.indicators.slices.naming import names
from huiyin.indicators.slices.splits import Counts, told_apart

# Members of a table. Of a period of several months they are chosen among those that are as many's
# largest in one month at least, so that a year costs no more than twelve months.
MOST_ROWS = 50


@dataclass(frozen=True)
class SliceRow:
    """A member's released reviews. What would tell a few of them is None."""

    member: str
    name: str
    reviews: int
    good: int | None = None
    bad: int | None = None

    @property
    def share(self) -> Fraction | None:
        """The good ones among the reviews, 0 to 1."""
        return Fraction(self.good, self.reviews) if self.good is not None else None

    @property
    def interval(self) -> Interval | None:
        return wilson(self.good, self.reviews) if self.good is not None else None


@dataclass(frozen=True)
class SliceTable:
    """A breakdown, the member with the most reviews first.

    ``others`` are the released reviews of members that have no row; None where they are few, or
    where members are no parts of a whole. They and the rows are not all reviews of the place: the
    latest few of each unit, month and member are released with those that come after them.
    """

    dimension: Dimension
    period: Period
    rows: list[SliceRow]
    others: int | None


@dataclass(frozen=True)
class _Place:
    scope: Slice.Scope
    code: str

    def slices(self, dimension: Dimension, months: Collection[date]) -> QuerySet[Slice]:
        return Slice.objects.filter(
            scope=self.scope, code=self.code, dimension=dimension, month__in=months
        )


def read(node: Region | Organisation, period: Period, dimension: Dimension) -> SliceTable:
    """What is published of ``node``, with all in or below it, by ``dimension``."""
    place, below = _of(node), settings.HUIYIN_SUPPRESS_BELOW
    months = period.months
    totals = _largest(place, dimension, months)
    # Fewer than that are left when a ruling voided some of those that had been released.
    shown = [
        member
        for member, number in sorted(totals.items(), key=lambda one: (-one[1], one[0]))
        if number >= max(below, 1)
    ][:MOST_ROWS]
    here = _splits(place, dimension, months, shown)
    above = [_splits(outer, dimension, months, shown) for outer in _above(node)] if shown else []
    apart = told_apart(here, above, below=below)
    called = names(dimension, shown)
    rows = [
        SliceRow(member, called[member], totals[member], *here[member])
        if member in apart
        else SliceRow(member, called[member], totals[member])
        for member in shown
    ]
    return SliceTable(dimension, period, rows, _others(place, dimension, months, rows, below))


def _of(node: Region | Organisation) -> _Place:
    if isinstance(node, Region):
        return _Place(Slice.Scope.REGION, node.code)
    return _Place(Slice.Scope.BODY, node.uscc)


def _above(node: Region | Organisation) -> Iterable[_Place]:
    """The places that contain ``node`` directly."""
    if isinstance(node, Region):
        code = parent_region_code(node.code)
        return [_Place(Slice.Scope.REGION, code)] if code else []
    region = _Place(Slice.Scope.REGION, node.region.code)
    return [region, _of(node.parent)] if node.parent else [region]


def _largest(place: _Place, dimension: Dimension, months: Collection[date]) -> Counter[str]:
    """How many reviews the largest members have, over all of ``months``."""
    members: set[str] = set()
    for month in months:
        largest = (
            place.slices(dimension, [month])
            .filter(level=Slice.ALL_LEVELS)
            .order_by("-amount", "member")
        )
        members.update(largest.values_list("member", flat=True)[:MOST_ROWS])
    if not members:
        return Counter()
    sums = place.slices(dimension, months).filter(level=Slice.ALL_LEVELS, member__in=members)
    return Counter(dict(sums.values_list("member").annotate(Sum("amount")).order_by()))


def _splits(
    place: _Place, dimension: Dimension, months: Collection[date], members: Collection[str]
) -> dict[str, Counts]:
    """The good and the bad reviews of each of ``members``."""
    sums = place.slices(dimension, months).filter(level__gt=0, member__in=members)
    found: dict[str, Counter[bool]] = {member: Counter() for member in members}
    rows = sums.values_list("member", "level").annotate(Sum("amount")).order_by()
    for member, level, amount in rows:
        found[member][level in GOOD] += amount
    return {member: Counts(both[True], both[False]) for member, both in found.items()}


def _others(
    place: _Place,
    dimension: Dimension,
    months: Collection[date],
    rows: Collection[SliceRow],
    below: int,
) -> int | None:
    if dimension in MANY_VALUED:
        return None
    whole = place.slices(dimension, months).filter(level=Slice.ALL_MEMBERS)
    rest = (whole.aggregate(total=Sum("amount"))["total"] or 0) - sum(row.reviews for row in rows)
    return rest if rest == 0 or rest >= below else None
