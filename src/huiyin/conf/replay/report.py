"""What was published beside what the product's own figures say after the replay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.db.models import Sum

from huiyin.conf.replay.sampling import BAD, OTHER, Plan
from huiyin.conf.replay.stream import CHANNELS
from huiyin.indicators.fold import Metric
from huiyin.indicators.models import Tally
from huiyin.reviews.models import Channel, Review, ReviewOrigin


@dataclass(frozen=True)
class Line:
    """A published total (scaled), what the figures say, and where a difference comes from."""

    name: str
    published: float
    found: float
    why: str = ""

    @property
    def agrees(self) -> bool:
        return self.published == self.found


def compare(plan: Plan) -> Iterator[Line]:
    """Every published total of the scenario beside the published figures. A handful of queries."""
    scenario = plan.scenario
    levels = _reviews("channel", "value")
    yield Line("reviews", plan.total, sum(levels.values()))
    yield from _channels(plan)
    for level in sorted(plan.levels, reverse=True):
        all_of_it = sum(many for (_channel, value), many in levels.items() if value == level)
        other = plan.other_levels[level]
        yield Line(
            f"level {level}",
            plan.levels[level],
            all_of_it,
            f"{other} of reviews whose level was not published" if other else "",
        )
    tags = _tags()
    for code, many in plan.bad_tags.items():
        other = sum(plan.other_levels[level] for level in BAD)
        yield Line(f"tag {code} of bad reviews", many, tags[code], _drawn(other, tags[code], many))
    yield from _loop(plan)
    if scenario.follow_up_good is not None:
        given, good = _sum(Metric.FOLLOW_UP), _sum(Metric.FOLLOW_UP, 3, 4, 5)
        yield Line(
            "follow-up reviews that are good, %", *_shares(scenario.follow_up_good, good, given)
        )


def _channels(plan: Plan) -> Iterator[Line]:
    """By published name; several of them may be one channel of ours, with its sub-channels."""
    found = _reviews("channel")
    subs = Counter(
        dict(
            ReviewOrigin.objects.exclude(sub_channel="")
            .values_list("sub_channel")
            .annotate(many=Sum(1))
        )
    )
    unnamed = plan.channels.get(OTHER, 0)
    for name in plan.scenario.channels:
        channel, sub_channel = CHANNELS[name]
        many = subs[sub_channel] if sub_channel else found[(channel.value,)]
        why = f"{unnamed} of channels that were not published" if channel is Channel.WEB else ""
        yield Line(f"channel {name}", plan.channels[name], many, why if unnamed else "")


def _loop(plan: Plan) -> Iterator[Line]:
    scenario, opened = plan.scenario, _sum(Metric.MATTER)
    if scenario.tickets is not None:
        bad = sum(many for level, many in scenario.levels.items() if level in BAD)
        yield Line(
            "tickets",
            round(scenario.tickets * plan.scale),
            opened,
            f"every bad review opens a matter; of {bad} published ones {bad - scenario.tickets} "
            "had no ticket, and those whose level was not published come on top",
        )
    if scenario.on_time is not None:
        due, in_time = _sum(Metric.DUE), _sum(Metric.DUE, 1)
        yield Line("answered in time, %", *_shares(scenario.on_time, in_time, due))


def _shares(published: float, part: int, whole: int) -> tuple[float, float, str]:
    found = round(100 * part / whole, 1) if whole else 0.0
    return round(100 * published, 1), found, f"{part} of {whole}"


def _drawn(other: int, found: int, published: int) -> str:
    return f"up to {other} of reviews whose level was not published" if found != published else ""


def _reviews(*by: str) -> Counter[tuple[object, ...]]:
    """First reviews in the published figures."""
    rows = Tally.objects.filter(metric=Metric.REVIEW).values_list(*by).annotate(many=Sum("amount"))
    return Counter({tuple(row[:-1]): row[-1] for row in rows.order_by()})


def _sum(metric: Metric, *values: int) -> int:
    found = Tally.objects.filter(metric=metric)
    if values:
        found = found.filter(value__in=values)
    total: Mapping[str, int | None] = found.aggregate(many=Sum("amount"))
    return total["many"] or 0


def _tags() -> Counter[str]:
    """Of bad first reviews; the figures do not count tags."""
    found = Review.objects.filter(ordinal=1, level__in=BAD).values_list("tags", flat=True)
    return Counter(code for tags in found.iterator() for code in tags)
