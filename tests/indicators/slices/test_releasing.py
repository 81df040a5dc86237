"""What may leave together, and what has to wait."""

from __future__ import annotations

import pytest

from huiyin.indicators.slices.releasing import released
from huiyin.indicators.slices.splits import Counts, told_apart

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("members", "leaving"),
    [
        ({"a": {5: 4}}, set()),
        ({"a": {5: 4, 1: 1}}, {"a"}),
        ({"a": {5: 6}, "b": {5: 5}}, {"a", "b"}),
        # Few stay back: the smallest that was ready stays with them.
        ({"a": {5: 9}, "b": {5: 5}, "c": {1: 2}}, {"a"}),
        ({"a": {5: 9}, "c": {1: 2}}, set()),
        ({"a": {5: 9}, "b": {5: 3}, "c": {1: 2}}, {"a"}),
        # A voided review does not count towards the floor, and leaves alone only by itself.
        ({"a": {5: 5, -1: 1}}, set()),
        ({"a": {5: 6, -1: 1}}, {"a"}),
        ({"a": {-1: 1}}, {"a"}),
        ({"a": {5: 1, -1: 1}}, set()),
        ({"a": {5: 0}}, set()),
    ],
)
def test_what_is_released(members, leaving) -> None:
    assert released(members, adds_up=True, below=5) == leaving


def test_tags_add_up_to_nothing_so_that_few_may_stay_back() -> None:
    members = {"a": {1: 9}, "c": {1: 2}}
    assert released(members, adds_up=False, below=5) == {"a"}


@pytest.mark.parametrize(
    ("here", "above", "apart"),
    [
        ({"a": Counts(9, 0), "b": Counts(9, 6)}, {}, {"a", "b"}),
        # Two bad reviews alone would be the whole less the others.
        ({"a": Counts(90, 8), "b": Counts(9, 6), "c": Counts(9, 2)}, {}, {"a"}),
        ({"a": Counts(9, 2)}, {}, set()),
        # The region has two bad ones more than the unit.
        ({"a": Counts(9, 6)}, {"a": Counts(20, 8)}, set()),
        ({"a": Counts(9, 6)}, {"a": Counts(20, 11)}, {"a"}),
    ],
)
def test_whose_bad_reviews_are_told_apart(here, above, apart) -> None:
    outer = [above] if above else [here]
    assert told_apart(here, outer, below=5) == apart
