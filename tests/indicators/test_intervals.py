"""Intervals and quantiles."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huiyin.indicators.intervals import quantile, two_digits_up, wilson

_shares = st.integers(1, 10**6).flatmap(
    lambda cases: st.tuples(st.integers(0, cases), st.just(cases))
)


@pytest.mark.parametrize(
    ("hits", "cases", "low", "high"),
    # Newcombe (1998), table I, method 3.
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_published_examples_come_out(hits: int, cases: int, low: float, high: float) -> None:
    interval = wilson(hits, cases)
    assert math.isclose(interval.low, low, abs_tol=5e-5)
    assert math.isclose(interval.high, high, abs_tol=5e-5)


@given(_shares)
def test_the_interval_holds_the_share_and_stays_between_nothing_and_all(share) -> None:
    hits, cases = share
    interval = wilson(hits, cases)
    assert 0 <= interval.low <= hits / cases <= interval.high <= 1
    assert interval.low < interval.high


@pytest.mark.parametrize(("hits", "cases"), [(0, 0), (2, 1), (-1, 3)])
def test_what_is_no_share_has_no_interval(hits: int, cases: int) -> None:
    with pytest.raises(ValueError):
        wilson(hits, cases)


@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=60), st.sampled_from([0.5, 0.99]))
def test_a_quantile_is_a_value_that_enough_values_do_not_exceed(values, share) -> None:
    found = quantile([(value, 1) for value in values], share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values)
    assert sum(value < found for value in values) < share * len(values)


def test_no_values_have_no_quantile() -> None:
    assert quantile([], 0.5) is None


@given(st.integers(0, 10**9))
def test_rounding_a_delay_never_flatters_it_and_errs_by_a_tenth_at_most(value: int) -> None:
    rounded = two_digits_up(value)
    assert value <= rounded <= value * 1.1
    assert len(str(rounded).rstrip("0")) <= 2
