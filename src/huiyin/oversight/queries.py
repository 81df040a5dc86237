"""Reading the roll-ups. The caller decides which places the reader may see."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from huiyin.directory.queries import Organisations
from huiyin.indicators.intervals import quantile
from huiyin.kernel import clock
from huiyin.oversight.models import DelayTally, Dimension, Fault, FaultMatter, Tally

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

    @property
    def fewer(self) -> int:
        return self.before - self.now


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


def course(place: str, within: Period) -> list[tuple[date, int, int]]:
    """The bad reviews at ``place`` along the period: the first day of each stretch (a day, or a
    week in longer periods), how many there were, and how many in the same stretch of the period
    before. One query."""
    length = 1 if within.days <= DAYS[0] else 7
    rows = Tally.objects.filter(
        place=place, dimension=Dimension.ALL, day__range=(within.before, within.last)
    ).values_list("day", "amount")
    by_day = dict(rows)
    stretches = []
    for offset in range(0, within.days, length):
        days = range(offset, min(offset + length, within.days))
        stretches.append(
            (
                within.first + timedelta(days=offset),
                sum(by_day.get(within.first + timedelta(days=day), 0) for day in days),
                sum(by_day.get(within.before + timedelta(days=day), 0) for day in days),
            )
        )
    return stretches


@dataclass(frozen=True)
class Delay:
    """From the acceptance of bad reviews to their arrival by a transport, in milliseconds."""

    transport: str
    arrivals: int
    median_ms: int
    p99_ms: int


def delays(within: Period) -> list[Delay]:
    """The delays of each transport that anything arrived by, most arrivals first. One query."""
    summed = (
        DelayTally.objects.filter(day__range=(within.first, within.last))
        .values("transport", "value")
        .annotate(total=Sum("amount"))
        .order_by()
    )
    histograms: dict[str, Counter[int]] = defaultdict(Counter)
    for transport, value, total in summed.values_list("transport", "value", "total"):
        histograms[transport][value] += total
    found = []
    for transport, histogram in histograms.items():
        median = quantile(histogram.items(), 0.5)
        p99 = quantile(histogram.items(), 0.99)
        if median is not None and p99 is not None:
            found.append(Delay(transport, histogram.total(), median, p99))
    return sorted(found, key=lambda delay: (-delay.arrivals, delay.transport))


def came_back(organisations: Organisations, within: Period) -> QuerySet[Fault]:
    """The faults of ``organisations`` that came back in the period after they had been solved."""
    return Fault.objects.filter(
        organisation__in=organisations, times__gt=0, last_again_at__gte=within.starts_at
    ).select_related("organisation")


def matters_of(fault: Fault) -> QuerySet[FaultMatter]:
    """The matters about ``fault`` since it was first said to be solved."""
    return fault.links.select_related("matter__organisation")
