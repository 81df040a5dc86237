"""From tallies to figures: adding up by place, hiding small counts, forming shares. Pure.

A *place* is a region with all in it, a body's own services, or a body with all below it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from huiyin.directory.codes import region_lineage
from huiyin.indicators.definitions import (
    DELAYS,
    INDICATORS,
    MEASURES,
    PARTITIONS,
    SERVICES,
    Indicator,
    Kind,
    Measure,
    Rest,
    Term,
    rest_of,
)
from huiyin.indicators.intervals import Interval, quantile, wilson
from huiyin.indicators.suppression import Sum, hidden_cells


class Scope(StrEnum):
    REGION = "region"  # with all regions in it
    OWN = "own"  # an organisation alone
    BODY = "body"  # an organisation with all below it
    PART = "part"  # an organisation's services in one of several regions; never shown


class Place(NamedTuple):
    scope: Scope
    code: str


class Cell(NamedTuple):
    """A count that may be published: what, where."""

    measure: Measure
    place: Place


class State(StrEnum):
    SHOWN = "shown"
    NO_DATA = "no_data"  # there was nothing to count
    SUPPRESSED = "suppressed"  # too few cases, or it would give too few away
    NO_SHARE = "no_share"  # more cases than the whole: reviews of services of another period


@dataclass(frozen=True)
class Figure:
    """An indicator at a place. What is not shown is None."""

    indicator: Indicator
    state: State
    numerator: int | None = None
    denominator: int | None = None
    share: Fraction | None = None
    interval: Interval | None = None
    median: int | None = None
    p99: int | None = None

    @property
    def shown(self) -> bool:
        return self.state == State.SHOWN


class Counted(NamedTuple):
    """A tally, summed over the days and channels of a period."""

    organisation: str
    region: str
    metric: str
    value: int
    trust: str
    amount: int


@dataclass(frozen=True)
class Snapshot:
    """All counts of a period at all places, and which of them are hidden."""

    counts: Mapping[Cell, int]
    hidden: frozenset[Cell]
    # How often which number of milliseconds, by metric.
    delays: Mapping[Place, Counter[tuple[str, int]]]
    # The places that have any data.
    places: frozenset[Place]
    # Bodies with data below them: the figures of their pages are those of the whole line.
    heads: frozenset[str] = field(default_factory=frozenset)

    def place_of(self, uscc: str) -> Place:
        """Where the figures of an organisation's page are taken."""
        return Place(Scope.BODY if uscc in self.heads else Scope.OWN, uscc)

    def count(self, measure: Measure, place: Place) -> int | None:
        """A count, or None when it is hidden."""
        cell = Cell(measure, place)
        return None if cell in self.hidden else max(0, self.counts.get(cell, 0))

    def figures(self, place: Place) -> list[Figure]:
        return [self.figure(indicator, place) for indicator in INDICATORS]

    def figure(self, indicator: Indicator, place: Place) -> Figure:
        """``indicator`` at ``place``; a share without cases says so instead of being 0 %."""
        if indicator.denominator is not None:
            return self._share(indicator, indicator.denominator, place)
        if indicator.kind == Kind.QUANTILES:
            return self._quantiles(indicator, place)
        number = self.count(indicator.numerator, place)
        state = State.SUPPRESSED if number is None else State.SHOWN
        return Figure(indicator, state, numerator=number)

    def _quantiles(self, indicator: Indicator, place: Place) -> Figure:
        cases = self.count(indicator.numerator, place)
        if cases is None:
            return Figure(indicator, State.SUPPRESSED)
        if cases == 0:
            return Figure(indicator, State.NO_DATA, denominator=0)
        values = [
            (value, amount)
            for (metric, value), amount in self.delays[place].items()
            if isinstance(indicator.numerator, Term) and metric == indicator.numerator.metric
        ]
        return Figure(
            indicator,
            State.SHOWN,
            denominator=cases,
            median=quantile(values, 0.5),
            p99=quantile(values, 0.99),
        )

    def _share(self, indicator: Indicator, whole: Term, place: Place) -> Figure:
        part = indicator.numerator
        cells = [Cell(measure, place) for measure in (part, whole, rest_of(whole, part))]
        hits, cases = self.counts.get(cells[0], 0), self.counts.get(cells[1], 0)
        if cases == 0:
            return Figure(indicator, State.NO_DATA, denominator=0)
        if any(cell in self.hidden for cell in cells):
            return Figure(indicator, State.SUPPRESSED)
        if not 0 <= hits <= cases:
            return Figure(indicator, State.NO_SHARE, max(0, hits), cases)
        return Figure(
            indicator, State.SHOWN, hits, cases, Fraction(hits, cases), wilson(hits, cases)
        )


def snapshot(
    counted: Iterable[Counted], *, parents: Mapping[str, str | None], below: int
) -> Snapshot:
    """Add up ``counted`` at every place and decide what is hidden.

    ``parents`` names for each organisation the one it reports to (None: nobody); ``below`` is the
    smallest count that is shown.
    """
    atoms: dict[tuple[str, str], Counter[Term]] = defaultdict(Counter)
    delays: dict[tuple[str, str], Counter[tuple[str, int]]] = defaultdict(Counter)
    terms = [measure for measure in MEASURES if isinstance(measure, Term)]
    measured = {term.metric for term in DELAYS}
    for row in counted:
        atom = (row.organisation, row.region)
        for term in terms:
            if term.covers(row.metric, row.value, row.trust):
                atoms[atom][term] += row.amount
        if row.metric in measured:
            delays[atom][row.metric, row.value] += row.amount
    return _assembled(atoms, delays, parents, below)


def _assembled(
    atoms: Mapping[tuple[str, str], Counter[Term]],
    delays: Mapping[tuple[str, str], Counter[tuple[str, int]]],
    parents: Mapping[str, str | None],
    below: int,
) -> Snapshot:
    lines = {uscc: _line(uscc, parents) for uscc, _region in atoms}
    heads = frozenset(above for line in lines.values() for above in line[1:])
    regions_of: dict[str, set[str]] = defaultdict(set)
    for uscc, region in atoms:
        regions_of[uscc].add(region)
    sums: dict[Place, Counter[Term]] = defaultdict(Counter)
    delays_at: dict[Place, Counter[tuple[str, int]]] = defaultdict(Counter)
    for (uscc, region), amounts in atoms.items():
        for place in _places(uscc, region, lines[uscc], heads, regions_of):
            sums[place].update(amounts)
            delays_at[place].update(delays.get((uscc, region), {}))
    counts = {Cell(term, place): n for place, terms in sums.items() for term, n in terms.items()}
    for place, terms in sums.items():
        for measure in MEASURES:
            if isinstance(measure, Rest):
                counts[Cell(measure, place)] = terms[measure.whole] - terms[measure.part]
    trees = _trees(lines, heads, regions_of)
    hidden = hidden_cells(counts, _sums(trees, list(sums)), below=below)
    return Snapshot(counts, hidden, delays_at, frozenset(sums), heads)


def _line(uscc: str, parents: Mapping[str, str | None]) -> list[str]:
    """An organisation and those above it, nearest first."""
    line = [uscc]
    while (above := parents.get(line[-1])) and above not in line:
        line.append(above)
    return line


def _places(
    uscc: str,
    region: str,
    line: list[str],
    heads: frozenset[str],
    regions_of: Mapping[str, set[str]],
) -> Iterator[Place]:
    """Everywhere that what ``uscc`` did in ``region`` is counted."""
    for code in region_lineage(region):
        yield Place(Scope.REGION, code)
    yield Place(Scope.OWN, uscc)
    for body in line:
        if body in heads:
            yield Place(Scope.BODY, body)
    if len(regions_of[uscc]) > 1:
        yield Place(Scope.PART, f"{uscc}/{region}")


def _trees(
    lines: Mapping[str, list[str]], heads: frozenset[str], regions_of: Mapping[str, set[str]]
) -> dict[Place, list[Place]]:
    """Which published places make up which: the tree of regions and that of organisations."""
    parts: dict[Place, set[Place]] = defaultdict(set)
    for uscc, regions in regions_of.items():
        own = Place(Scope.OWN, uscc)
        for region in regions:
            lineage = region_lineage(region)
            for above, under in pairwise(lineage):
                parts[Place(Scope.REGION, above)].add(Place(Scope.REGION, under))
            piece = own
            if len(regions) > 1:
                piece = Place(Scope.PART, f"{uscc}/{region}")
                parts[own].add(piece)
            parts[Place(Scope.REGION, region)].add(piece)
        line = lines[uscc]
        for under, above in pairwise(line):
            scope = Scope.BODY if under in heads else Scope.OWN
            parts[Place(Scope.BODY, above)].add(Place(scope, under))
        if uscc in heads:
            parts[Place(Scope.BODY, uscc)].add(own)
    return {whole: sorted(under) for whole, under in parts.items()}


def _sums(trees: Mapping[Place, list[Place]], places: list[Place]) -> Iterator[Sum[Cell]]:
    for measure in MEASURES:
        for whole, parts in trees.items():
            yield Sum(Cell(measure, whole), tuple(Cell(measure, part) for part in parts))
    for place in places:
        for measure, pieces in PARTITIONS:
            yield Sum(
                Cell(measure, place),
                tuple(Cell(piece, place) for piece in pieces),
                # Few services without a review must not cost the count of reviews.
                spare=Cell(SERVICES, place) if measure == SERVICES else None,
            )
