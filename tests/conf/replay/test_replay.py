from __future__ import annotations

from dataclasses import replace
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from huiyin.conf import seeding
from huiyin.conf.management.commands import replay as command
from huiyin.conf.replay import published
from huiyin.conf.replay.answers import _falls
from huiyin.conf.replay.report import compare
from huiyin.conf.replay.sampling import plan
from huiyin.conf.replay.stream import Stage
from huiyin.matters.models import Matter
from huiyin.reviews.models import Review, ReviewOrigin
from tests import factories

# A whole replay in one transaction: PostgreSQL plans it with the statistics of empty tables.
pytestmark = [pytest.mark.django_db, pytest.mark.once]

SMALL = published.Scenario(
    code="small",
    title="A small month",
    first=date(2023, 7, 3),
    last=date(2023, 7, 5),
    reviews=60,
    channels={"web": 30, "app": 20, "sms": 10},
    levels={5: 38, 4: 4, 3: 2, 2: 2, 1: 4},
    bad_tags={"110": 3},
    tickets=6,
    on_time=0.75,
    follow_up_good=0.5,
)


@pytest.fixture
def seeded(log_folder: Path) -> None:
    seeding.seed_reference_data()


def test_what_was_published_stands_in_the_figures_afterwards(seeded: None) -> None:
    planned = plan(SMALL, 1)
    stage = Stage(planned, seed=1)
    assert list(stage.play())[-1] == 60
    assert not stage.played.refused

    told = {line.name: line for line in compare(planned)}
    for name in ("reviews", "channel web", "channel app", "channel sms"):
        assert told[name].agrees, told[name]
    # Ten reviews by SMS have no published level: the difference, and nothing else.
    rest = sum(line.found - line.published for name, line in told.items() if "level" in name)
    assert rest == 10
    assert ReviewOrigin.objects.filter(sub_channel="app").count() == 20


def test_the_loop_is_as_late_and_as_good_as_was_published(seeded: None) -> None:
    levels = {5: 12, 4: 0, 3: 0, 2: 0, 1: 8}
    few = replace(SMALL, reviews=20, channels={"web": 20}, levels=levels, bad_tags={})
    planned = plan(few, 1)
    list(Stage(planned, seed=1).play())
    told = {line.name: line for line in compare(planned)}
    assert Matter.objects.count() == 8
    assert (told["answered in time, %"].found, told["answered in time, %"].why) == (75.0, "6 of 8")
    assert told["follow-up reviews that are good, %"].found == 50.0
    assert Review.objects.filter(ordinal=2).count() == 8


def test_shares_are_spread_evenly() -> None:
    assert [number for number in range(1, 9) if _falls(number, 0.25)] == [4, 8]
    assert not any(_falls(number, 0.0) for number in range(1, 100))
    assert all(_falls(number, 1.0) for number in range(1, 100))


def test_without_a_scenario_they_are_listed() -> None:
    said = StringIO()
    call_command("replay", stdout=said)
    assert "guangdong-2023-07" in said.getvalue()
    assert "13,879,360" in said.getvalue()
    assert not Review.objects.exists()


def test_a_table_ends_it(seeded: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "scenarios", lambda: {"guangdong-2023-07": SMALL})
    said = StringIO()
    call_command("replay", "guangdong-2023-07", scale=0.2, verbosity=0, stdout=said)
    assert "published" in said.getvalue()
    assert "whose level was not published" in said.getvalue()


@pytest.mark.parametrize("scale", [0, -1, 1.5])
def test_a_scale_that_makes_no_sense_is_refused(scale: float) -> None:
    with pytest.raises(CommandError, match="--scale"):
        call_command("replay", "guangdong-2023-07", scale=scale)
    assert not Review.objects.exists()


def test_where_something_was_rated_already_nothing_is_played(seeded: None) -> None:
    factories.event()
    before = Review.objects.count()
    with pytest.raises(CommandError, match="empty folder"):
        call_command("replay", "guangdong-2023-07")
    assert Review.objects.count() == before


def test_outside_the_demo_nothing_is_played(settings) -> None:
    settings.HUIYIN_DEMO = False
    with pytest.raises(CommandError, match="HUIYIN_MODE=demo"):
        call_command("replay", "guangdong-2023-07")
