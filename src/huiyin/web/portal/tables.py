"""Figures by place, as rows of a table: regions within a region, bodies below a body."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import get_language

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
        "portal:region",
        ((str(one), one.code, Place(Scope.REGION, one.code)) for one in found),
    )


def organisations_in(region: Region, figures: Snapshot) -> Table:
    """The organisations anywhere in ``region`` that have figures of their own. One query."""
    having = set(_codes(figures, Scope.OWN))
    # Those without figures are sorted out here: in a province they are few, and thousands of codes
    # are a long question.
    found = (
        Organisation.objects.filter(region__code__startswith=region.prefix)
        .order_by()
        .values_list("uscc", "name", "name_en")
    )
    english = get_language() == "en"
    return _table(
        figures,
        "portal:organisation",
        (
            ((english and name_en) or name, uscc, Place(Scope.OWN, uscc))
            for uscc, name, name_en in found
            if uscc in having
        ),
    )


def organisations_below(body: Organisation, figures: Snapshot) -> Table:
    """``body`` itself and what reports to it directly, so far as they have figures. One query."""
    shown = {*_codes(figures, Scope.OWN), *figures.heads}
    found = Organisation.objects.filter(Q(parent=body) | Q(pk=body.pk))
    return _table(
        figures,
        "portal:organisation",
        (
            (
                str(one),
                one.uscc,
                Place(
                    Scope.BODY if one.pk != body.pk and one.uscc in figures.heads else Scope.OWN,
                    one.uscc,
                ),
            )
            for one in found
            if one.uscc in shown
        ),
    )


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


def _codes(figures: Snapshot, scope: Scope, prefix: str = "") -> list[str]:
    return [
        place.code
        for place in figures.places
        if place.scope == scope and place.code.startswith(prefix)
    ]


def _table(figures: Snapshot, page: str, places: Iterable[tuple[str, str, Place]]) -> Table:
    """``places`` with their names and codes, the busiest first, each leading to its ``page``."""

    def busiest_first(row: tuple[str, str, Place]) -> tuple[int, str]:
        name, _code, place = row
        # A number that is not shown must not show in the order either.
        return -(figures.count(COLUMNS[0].numerator, place) or 0), name

    found = sorted(places, key=busiest_first)
    rows = [
        Row(
            name,
            reverse(page, args=[code]),
            [figures.figure(indicator, place) for indicator in COLUMNS],
        )
        for name, code, place in found[:MAX_ROWS]
    ]
    return Table(rows, len(found))
