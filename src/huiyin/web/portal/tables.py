"""Figures by place, as rows of a table: regions within a region, bodies below a body."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q
from django.urls import reverse

from huiyin.directory.codes import significant
from huiyin.directory.models import Organisation, Region
from huiyin.indicators.definitions import BY_CODE, LEVEL_COUNTS, Indicator
from huiyin.indicators.figures import Figure, Place, Scope, Snapshot

COLUMNS: tuple[Indicator, ...] = tuple(
    BY_CODE[code]
    for code in ("active_reviews", "good_rate", "on_time_rectification", "confirmed_solved_rate")
)
MAX_ROWS = 100


@dataclass(frozen=True)
class Row:
    name: str
    url: str
    figures: list[Figure]

    @property
    def cells(self) -> list[tuple[Indicator, Figure]]:
        return list(zip(COLUMNS, self.figures, strict=True))


@dataclass(frozen=True)
class Table:
    """``rows`` of at most ``MAX_ROWS``, out of ``total``."""

    rows: list[Row]
    total: int

    @property
    def columns(self) -> tuple[Indicator, ...]:
        return COLUMNS


@dataclass(frozen=True)
class Level:
    """One level of the distribution; ``count`` None: not shown."""

    level: int
    count: int | None
    # For the bar, in thousandths of the whole.
    start: int = 0
    width: int = 0


def regions_in(region: Region, figures: Snapshot) -> Table:
    """The regions directly below ``region`` that have figures. One query."""
    found = Region.objects.filter(
        parent=region, code__in=_codes(figures, Scope.REGION, significant(region.code))
    )
    return _table(
        figures,
        (
            (str(one), reverse("portal:region", args=[one.code]), Place(Scope.REGION, one.code))
            for one in found
        ),
    )


def organisations_in(region: Region, figures: Snapshot) -> Table:
    """The organisations anywhere in ``region`` that have figures of their own. One query."""
    found = Organisation.objects.filter(
        region__code__startswith=region.prefix, uscc__in=_codes(figures, Scope.OWN)
    )
    return _table(figures, (_own(one) for one in found))


def organisations_below(body: Organisation, figures: Snapshot) -> Table:
    """``body`` itself and what reports to it directly, so far as they have figures. One query."""
    shown = [*_codes(figures, Scope.OWN), *figures.heads]
    found = Organisation.objects.filter(Q(parent=body) | Q(pk=body.pk), uscc__in=shown)
    places = []
    for one in found:
        name, url, own = _own(one)
        line = one.pk != body.pk and one.uscc in figures.heads
        places.append((name, url, Place(Scope.BODY, one.uscc) if line else own))
    return _table(figures, places)


def distribution(figures: Snapshot, place: Place) -> list[Level]:
    """How the reviews are spread over the levels, best first. With widths when all are shown."""
    counts = {level: figures.count(term, place) for level, term in LEVEL_COUNTS.items()}
    known = [count for count in counts.values() if count is not None]
    total = sum(known)
    if len(known) < len(counts) or not total:
        return [Level(level, count) for level, count in counts.items()]
    levels, seen = [], 0
    for level, count in zip(counts, known, strict=True):
        start = round(1000 * seen / total)
        seen += count
        levels.append(Level(level, count, start, round(1000 * seen / total) - start))
    return levels


def _own(organisation: Organisation) -> tuple[str, str, Place]:
    return (
        str(organisation),
        reverse("portal:organisation", args=[organisation.uscc]),
        Place(Scope.OWN, organisation.uscc),
    )


def _codes(figures: Snapshot, scope: Scope, prefix: str = "") -> list[str]:
    return [
        place.code
        for place in figures.places
        if place.scope == scope and place.code.startswith(prefix)
    ]


def _table(figures: Snapshot, places: Iterable[tuple[str, str, Place]]) -> Table:
    rows = [
        Row(name, url, [figures.figure(indicator, place) for indicator in COLUMNS])
        for name, url, place in places
    ]

    def busiest_first(row: Row) -> tuple[int, str]:
        # A number that is not shown must not show in the order either.
        return -(row.figures[0].numerator or 0), row.name

    rows.sort(key=busiest_first)
    return Table(rows[:MAX_ROWS], len(rows))
