"""Reading the roll-ups. The caller decides which places the reader may see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from huiyin.directory.models import Organisation
from huiyin.kernel import clock
from huiyin.oversight.models import Dimension, Fault, FaultMatter, Tally

DAYS = (30, 90, 365)


@dataclass(frozen=True)
class Period:
    """``days`` days up to and including today, and as many before them to compare with."""

    days: int
    last: date

    @property
    def first(self) -> date:
        return self.last - timedelta(days=self.days - 1)

    @property
    def before(self) -> date:
        """The first day of the period before."""
        return self.first - timedelta(days=self.days)

    @property
    def starts_at(self) -> datetime:
        return datetime.combine(self.first, datetime.min.time(), clock.LOCAL)


def period(days: int) -> Period:
    return Period(days, clock.today())


@dataclass(frozen=True)
class Amount:
    """Bad reviews in a period, and in the one before it."""

    value: str
    now: int
    before: int

    @property
    def change(self) -> int:
        return self.now - self.before


def amounts(
    place: str, dimension: Dimension, within: Period, *, limit: int
) -> tuple[list[Amount], int]:
    """The values of ``dimension`` with the most bad reviews at ``place``, most first, and how many
    values there are. One query."""
    found = [
        Amount(*row)
        for row in _summed(Tally.objects.filter(place=place, dimension=dimension), "value", within)
    ]
    found.sort(key=lambda amount: (-amount.now, -amount.before, amount.value))
    return found[:limit], len(found)


def totals(places: Iterable[str], within: Period) -> dict[str, Amount]:
    """All bad reviews at each of ``places`` that has any. One query."""
    rows = Tally.objects.filter(place__in=list(places), dimension=Dimension.ALL)
    return {row[0]: Amount(*row) for row in _summed(rows, "place", within)}


def _summed(rows: QuerySet[Tally], by: str, within: Period) -> list[tuple[str, int, int]]:
    summed = (
        rows.filter(day__range=(within.before, within.last))
        .values(by)
        .annotate(
            now=Coalesce(Sum("amount", filter=Q(day__gte=within.first)), 0),
            earlier=Coalesce(Sum("amount", filter=Q(day__lt=within.first)), 0),
        )
        .order_by()
    )
    return list(summed.values_list(by, "now", "earlier"))


def came_back(organisations: QuerySet[Organisation], within: Period) -> QuerySet[Fault]:
    """The faults of ``organisations`` that came back in the period after they had been solved."""
    return Fault.objects.filter(
        organisation__in=organisations, times__gt=0, last_again_at__gte=within.starts_at
    ).select_related("organisation")


def matters_of(fault: Fault) -> QuerySet[FaultMatter]:
    """The matters about ``fault`` since it was first said to be solved."""
    return fault.links.select_related("matter__organisation")
