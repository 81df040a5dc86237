"""What was published, and the scenarios made of it. Pure."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from importlib import resources

# Channels whose reviews the published counts by level leave out, in the month where that is known
# to the last review: 270,730 + 82,774 + 64,128 is what level counts lack.
WITHOUT_LEVEL = ("hotline", "terminal", "sms")


@dataclass(frozen=True)
class Scenario:
    """A period with its published totals. A share is None where nothing was published."""

    code: str
    title: str
    first: date
    last: date
    reviews: int
    # By the name that was published, and by level 5 to 1.
    channels: Mapping[str, int]
    levels: Mapping[int, int]
    # The most frequent tags of bad reviews, by code.
    bad_tags: Mapping[str, int] = field(default_factory=dict)
    tickets: int | None = None
    on_time: float | None = None
    follow_up_good: float | None = None
    # What had to be taken from elsewhere, for the report.
    assumed: tuple[str, ...] = ()

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]


def scenarios() -> dict[str, Scenario]:
    """Every scenario by its code."""
    months = [_month(name, figures) for name, figures in _published().items()]
    known = {scenario.code: scenario for scenario in months}
    return known | {(paper := _newspaper(known["guangdong-2023-07"])).code: paper}


_Figures = dict[str, dict[str, int]]


def _published() -> dict[str, _Figures]:
    """By month and measure: the published values by key."""
    file = resources.files("huiyin.conf.replay") / "data" / "guangdong_monthly.csv"
    months: dict[str, _Figures] = defaultdict(lambda: defaultdict(dict))
    for row in csv.DictReader(file.read_text(encoding="utf-8").splitlines()):
        months[row["month"]][row["measure"]][row["key"]] = int(row["value"])
    return months


def _month(name: str, figures: _Figures) -> Scenario:
    first = date.fromisoformat(f"{name}-01")
    tickets = figures["tickets"].get("all")
    on_time = figures["tickets_on_time"].get("all")
    return Scenario(
        code=f"guangdong-{name}",
        title=f"Guangdong, {name}, as published",
        first=first,
        last=(first + timedelta(days=31)).replace(day=1) - timedelta(days=1),
        reviews=figures["reviews"]["all"],
        channels=figures["reviews_by_channel"],
        levels={int(level): many for level, many in figures["reviews_by_level"].items()},
        bad_tags=figures["bad_tags"],
        tickets=tickets,
        on_time=on_time / tickets if tickets and on_time is not None else None,
    )


def _newspaper(like: Scenario) -> Scenario:
    """2.01 million active reviews in three and a half months, 98.4 % put right in time, every
    follow-up review good, as a newspaper told of Zhejiang; it gave neither channels nor levels."""
    reviews = 2_010_000
    return Scenario(
        code="zhejiang-newspaper",
        title="Zhejiang, three and a half months, as a newspaper told",
        first=date(2023, 1, 1),
        last=date(2023, 4, 15),
        reviews=reviews,
        channels={
            name: round(reviews * many / like.reviews) for name, many in like.channels.items()
        },
        levels={
            level: round(reviews * many / sum(like.levels.values()))
            for level, many in like.levels.items()
        },
        on_time=0.984,
        follow_up_good=1.0,
        assumed=(
            (
                "The newspaper gave no channels, levels or dates: those of Guangdong in July 2023 "
                "stand in for the first two, and January to mid-April 2023 for the period."
            ),
        ),
    )
