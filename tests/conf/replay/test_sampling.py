from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huiyin.conf.replay.published import scenarios
from huiyin.conf.replay.sampling import BAD, OTHER, plan, shares

pytestmark = pytest.mark.once

TAGS = {1: ["108", "109", "110", "115"], 2: ["207", "209"], 3: ["307"], 4: ["406"], 5: ["510"]}
GUANGDONG = scenarios()["guangdong-2023-07"]


@given(
    total=st.integers(0, 10_000),
    weights=st.dictionaries(st.integers(), st.integers(1, 10**7), min_size=1, max_size=12),
)
def test_shares_add_up_and_are_less_than_one_off(total: int, weights: dict[int, int]) -> None:
    found = shares(total, weights)
    assert sum(found.values()) == total
    for key, weight in weights.items():
        assert abs(found[key] - total * weight / sum(weights.values())) < 1


def test_nothing_to_share_by_is_nothing() -> None:
    assert shares(5, {"a": 0, "b": 0}) == {"a": 0, "b": 0}


def test_at_full_scale_the_published_totals_are_met_exactly() -> None:
    whole = plan(GUANGDONG, 1)
    assert whole.total == 13_879_360
    assert whole.channels == dict(GUANGDONG.channels)
    assert whole.levels == dict(GUANGDONG.levels)
    assert whole.bad_tags == dict(GUANGDONG.bad_tags)
    # What the published counts by level leave out is, to the last one, what three channels had.
    assert sum(whole.other_levels.values()) == 270_730 + 82_774 + 64_128


@pytest.mark.parametrize("code", sorted(scenarios()))
@pytest.mark.parametrize("scale", [0.0003, 0.002])
def test_the_reviews_add_up_to_their_plan(code: str, scale: float) -> None:
    planned = plan(scenarios()[code], scale)
    said = [one for day in planned.said(TAGS, seed=1) for one in day]
    assert len(said) == planned.total
    assert Counter(one.channel for one in said) == Counter(planned.channels)
    known = Counter(one.level for one in said if one.level_is_known)
    assert known == Counter(planned.levels)
    assert all(one.tag for one in said if one.level in BAD)
    assert all(one.tag in {"", *TAGS[one.level]} for one in said)


def test_the_published_tags_of_bad_reviews_are_met() -> None:
    planned = plan(GUANGDONG, 0.01)
    said = [one for day in planned.said(TAGS, seed=1) for one in day]
    found = Counter(one.tag for one in said if one.level in BAD and one.level_is_known)
    for code, many in planned.bad_tags.items():
        assert found[code] == many


def test_a_review_whose_level_was_published_came_by_a_channel_that_was_counted() -> None:
    for day in plan(GUANGDONG, 0.001).said(TAGS, seed=1):
        for one in day:
            assert one.level_is_known == (one.channel not in {"hotline", "terminal", "sms"})


def test_channels_that_were_not_published_are_named_so() -> None:
    planned = plan(scenarios()["guangdong-2021-01"], 1)
    assert planned.channels[OTHER] == 6_149_345 - 3_992_683


def test_the_same_seed_draws_the_same_and_another_another() -> None:
    planned = plan(GUANGDONG, 0.0005)
    first = list(planned.said(TAGS, seed=1))
    assert first == list(planned.said(TAGS, seed=1))
    assert first != list(planned.said(TAGS, seed=2))


def test_every_day_of_the_period_has_its_reviews_and_days_off_have_fewer() -> None:
    days = list(plan(GUANGDONG, 0.001).said(TAGS, seed=1))
    assert [day[0].day for day in days] == GUANGDONG.days
    assert len(days[0]) * 2 < len(days[2])  # a Saturday and a Monday
