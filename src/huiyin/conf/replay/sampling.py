"""Turning published totals into single reviews that add up to them. Pure.

Shares of a total are rounded by the largest remainder, so that the parts of a scaled month add up
too.
"""

from __future__ import annotations

import random
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, TypeVar

from huiyin.conf.replay.published import WITHOUT_LEVEL, Scenario

Key = TypeVar("Key")
# On days off halls are closed, and less is rated.
_WEEKEND = 0.4
OTHER = "not published"
BAD = (1, 2)


class _Kind(NamedTuple):
    channel: str
    level: int
    level_is_known: bool


class Said(NamedTuple):
    """A review to be given. ``level_is_known``: whether the published counts by level hold it."""

    day: date
    channel: str
    level: int
    level_is_known: bool
    tag: str


@dataclass(frozen=True)
class Plan:
    """How many reviews of each kind there are; ``said`` makes them."""

    scenario: Scenario
    scale: float
    total: int
    channels: dict[str, int]
    # Among those whose level was published, and among the others.
    levels: dict[int, int]
    other_levels: dict[int, int]
    bad_tags: dict[str, int]

    def said(self, tags: Mapping[int, Sequence[str]], seed: int) -> Iterator[list[Said]]:
        """The reviews of each day of the period, in its order; the same for the same ``seed``.

        ``tags``: the codes that each level may have.
        """
        draw = random.Random(seed)  # noqa: S311  (a simulation, not a secret)
        kinds, told = _paired(self, draw)
        bad = self._tags_of_bad(tags, draw)
        days = self.scenario.days
        weights = {day: _WEEKEND if day.weekday() >= 5 else 1.0 for day in days}
        start = 0
        for day, many in shares(self.total, weights).items():
            today = [kinds[place] for place in told[start : start + many]]
            start += many
            yield [Said(day, *kind, self._tag(kind, tags, bad, draw)) for kind in today]

    def _tags_of_bad(
        self, tags: Mapping[int, Sequence[str]], draw: random.Random
    ) -> dict[int, list[str]]:
        """By level: the tags of its bad reviews, published ones first met, then any other."""
        found: dict[int, list[str]] = {}
        for level in BAD:
            published = [
                code
                for code, many in self.bad_tags.items()
                if code in tags[level]
                for _time in range(many)
            ]
            named = set(self.bad_tags)
            others = [code for code in tags[level] if code not in named] or list(tags[level])
            missing = max(0, self.levels[level] - len(published))
            chosen = published[: self.levels[level]] + draw.choices(others, k=missing)
            draw.shuffle(chosen)
            found[level] = chosen
        return found

    def _tag(
        self,
        kind: _Kind,
        tags: Mapping[int, Sequence[str]],
        bad: dict[int, list[str]],
        draw: random.Random,
    ) -> str:
        level = kind.level
        if level in BAD:
            if kind.level_is_known and bad[level]:
                return bad[level].pop()
            others = [code for code in tags[level] if code not in self.bad_tags]
            return draw.choice(others or list(tags[level]))
        return draw.choice(list(tags[level])) if draw.random() < 0.3 else ""


def plan(scenario: Scenario, scale: float) -> Plan:
    """``scenario`` with ``scale`` (above 0, at most 1) times as many reviews."""
    total = round(scenario.reviews * scale)
    channels = dict(scenario.channels)
    missing = scenario.reviews - sum(channels.values())
    if missing > 0:
        channels[OTHER] = missing
    channels = shares(total, channels)
    known_channels = _channels_with_level(scenario)
    known = (
        sum(many for name, many in channels.items() if name in known_channels)
        if known_channels
        else min(total, round(sum(scenario.levels.values()) * scale))
    )
    levels = shares(known, scenario.levels)
    tags = {code: round(many * scale) for code, many in scenario.bad_tags.items()}
    return Plan(
        scenario, scale, total, channels, levels, shares(total - known, scenario.levels), tags
    )


def _channels_with_level(scenario: Scenario) -> set[str]:
    """The channels that the counts by level hold, where they can be told to the last review."""
    with_level = set(scenario.channels) - set(WITHOUT_LEVEL)
    counted = sum(many for name, many in scenario.channels.items() if name in with_level)
    return with_level if counted == sum(scenario.levels.values()) else set()


def _paired(plan: Plan, draw: random.Random) -> tuple[list[_Kind], array[int]]:
    """Kinds of reviews (channel, level, whether that is published), and the kind of each review, in
    no order. An array, since a month has millions."""
    named = _channels_with_level(plan.scenario)
    names, levels = list(plan.channels), sorted(plan.levels)
    # Those of channels whose levels are published come first, as those levels do.
    order = sorted(range(len(names)), key=lambda place: bool(named) and names[place] not in named)
    channels = _repeated((place, plan.channels[names[place]]) for place in order)
    if not named:
        draw.shuffle(channels)
    known = _repeated((place, plan.levels[level]) for place, level in enumerate(levels))
    others = _repeated((place, plan.other_levels[level]) for place, level in enumerate(levels))
    draw.shuffle(known)
    draw.shuffle(others)
    kinds = [
        _Kind(name, level, is_known)
        for name in names
        for level in levels
        for is_known in (True, False)
    ]
    told = array("H")
    for place, (channel, level) in enumerate(zip(channels, known + others, strict=True)):
        told.append((channel * len(levels) + level) * 2 + (place >= len(known)))
    draw.shuffle(told)
    return kinds, told


def _repeated(counts: Iterable[tuple[int, int]]) -> array[int]:
    found = array("H")
    for value, many in counts:
        found.extend(array("H", [value]) * many)
    return found


def shares(total: int, weights: Mapping[Key, float]) -> dict[Key, int]:
    """``total`` split as ``weights`` are, in whole numbers that add up to it."""
    whole = sum(weights.values())
    if not whole:
        return dict.fromkeys(weights, 0)
    exact = {key: total * weight / whole for key, weight in weights.items()}
    found = {key: int(value) for key, value in exact.items()}
    by_rest = sorted(exact, key=lambda key: (found[key] - exact[key], repr(key)))
    for key in by_rest[: total - sum(found.values())]:
        found[key] += 1
    return found
