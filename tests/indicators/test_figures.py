"""Figures at places, from tallies."""

from __future__ import annotations

from fractions import Fraction

import pytest

from huiyin.indicators.definitions import BY_CODE, INDICATORS, LEVEL_COUNTS
from huiyin.indicators.figures import Counted, Figure, Place, Scope, Snapshot, State, snapshot

XIHU, SHANGCHENG, LONGQUAN = "330106000000", "330102000000", "331181000000"
HANGZHOU, PROVINCE = "330100000000", "330000000000"


def reviews(unit: str, region: str, amounts: dict[int, int], trust: str = "verified"):
    return [
        Counted(unit, region, "review", level, trust, amount) for level, amount in amounts.items()
    ]


def taken(rows, parents=None, below: int = 5) -> Snapshot:
    return snapshot(rows, parents=parents or {}, below=below)


def figure(picture: Snapshot, code: str, scope: Scope, place: str) -> Figure:
    return picture.figure(BY_CODE[code], Place(scope, place))


def test_a_share_shows_what_it_is_made_of() -> None:
    rate = figure(
        taken(reviews("A", XIHU, {5: 60, 4: 20, 3: 10, 2: 6, 1: 4}), below=1),
        "good_rate",
        Scope.OWN,
        "A",
    )
    assert (rate.state, rate.numerator, rate.denominator) == (State.SHOWN, 90, 100)
    assert rate.share == Fraction(9, 10)
    assert rate.interval
    assert rate.interval.low < 0.9 < rate.interval.high


def test_everything_adds_up_along_both_trees() -> None:
    rows = [
        *reviews("A", XIHU, {5: 10}),
        *reviews("B", SHANGCHENG, {5: 20, 1: 10}),
        *reviews("C", LONGQUAN, {4: 40}),
    ]
    picture = taken(rows, {"A": "GOV", "B": "GOV", "GOV": None, "C": None})
    counts = {
        place: picture.count(BY_CODE["active_reviews"].numerator, Place(*place))
        for place in [
            (Scope.REGION, PROVINCE),
            (Scope.REGION, HANGZHOU),
            (Scope.REGION, XIHU),
            (Scope.BODY, "GOV"),
            (Scope.OWN, "C"),
        ]
    }
    assert list(counts.values()) == [80, 40, 10, 40, 40]
    assert picture.place_of("GOV") == Place(Scope.BODY, "GOV")
    assert picture.place_of("A") == Place(Scope.OWN, "A")


@pytest.mark.parametrize("grade", ["imported", "paper"])
def test_imported_and_paper_reviews_stay_out_of_every_headline(grade: str) -> None:
    rows = [*reviews("A", XIHU, {5: 10}), *reviews("A", XIHU, {5: 900}, trust=grade)]
    picture = taken(rows)
    assert figure(picture, "active_reviews", Scope.OWN, "A").numerator == 10
    assert figure(picture, f"{grade}_reviews", Scope.OWN, "A").numerator == 900
    moved = [
        indicator.code
        for indicator in INDICATORS
        if figure(picture, indicator.code, Scope.OWN, "A")
        != figure(taken(rows[:1]), indicator.code, Scope.OWN, "A")
    ]
    assert moved == [f"{grade}_reviews"]


def test_reviews_on_site_count_as_active_but_rate_no_service() -> None:
    rows = [
        Counted("A", XIHU, "service", 0, "", 100),
        *reviews("A", XIHU, {5: 20}),
        *reviews("A", XIHU, {5: 30}, trust="on_site"),
    ]
    picture = taken(rows)
    assert figure(picture, "active_reviews", Scope.OWN, "A").numerator == 50
    assert figure(picture, "verified_reviews", Scope.OWN, "A").numerator == 20
    assert figure(picture, "on_site_reviews", Scope.OWN, "A").numerator == 30
    assert figure(picture, "active_rating_rate", Scope.OWN, "A").numerator == 20
    assert figure(picture, "unrated_rate", Scope.OWN, "A").numerator == 80


def test_a_share_of_nothing_says_so() -> None:
    nothing = figure(taken([]), "good_rate", Scope.REGION, PROVINCE)
    assert (nothing.state, nothing.share) == (State.NO_DATA, None)


def test_more_reviews_than_services_are_no_share() -> None:
    rows = [Counted("A", XIHU, "service", 0, "", 10), *reviews("A", XIHU, {5: 20})]
    rated = figure(taken(rows), "active_rating_rate", Scope.OWN, "A")
    assert (rated.state, rated.share, rated.numerator, rated.denominator) == (
        State.NO_SHARE,
        None,
        20,
        10,
    )
    unrated = figure(taken(rows), "unrated_rate", Scope.OWN, "A")
    assert (unrated.state, unrated.share) == (State.NO_SHARE, None)


@pytest.mark.parametrize("amounts", [{5: 96, 1: 4}, {5: 3, 1: 97}, {5: 4}])
def test_a_share_with_a_small_part_is_hidden(amounts: dict[int, int]) -> None:
    rate = figure(taken(reviews("A", XIHU, amounts)), "good_rate", Scope.OWN, "A")
    assert rate.state == State.SUPPRESSED
    assert (rate.numerator, rate.denominator, rate.share, rate.interval) == (None,) * 4


def test_the_parent_and_its_other_children_do_not_give_a_small_child_away() -> None:
    rows = [
        *reviews("A", XIHU, {5: 3}),
        *reviews("B", SHANGCHENG, {5: 30}),
        *reviews("C", LONGQUAN, {5: 50}),
    ]
    picture = taken(rows)
    number = {
        code: figure(picture, "active_reviews", Scope.REGION, code).numerator
        for code in (PROVINCE, HANGZHOU, XIHU, SHANGCHENG, LONGQUAN)
    }
    assert number == {PROVINCE: 83, HANGZHOU: 33, XIHU: None, SHANGCHENG: None, LONGQUAN: 50}


def test_levels_do_not_give_a_small_level_away() -> None:
    picture = taken(reviews("A", XIHU, {5: 50, 4: 30, 3: 2, 2: 8, 1: 9}))
    shown = {
        level: picture.count(measure, Place(Scope.OWN, "A"))
        for level, measure in LEVEL_COUNTS.items()
    }
    assert shown == {5: 50, 4: None, 3: None, 2: 8, 1: 9}


def test_few_unrated_services_do_not_cost_the_count_of_reviews() -> None:
    rows = [Counted("A", XIHU, "service", 0, "", 100), *reviews("A", XIHU, {5: 97})]
    picture = taken(rows)
    assert figure(picture, "active_reviews", Scope.OWN, "A").numerator == 97
    assert figure(picture, "unrated_rate", Scope.OWN, "A").state == State.SUPPRESSED
    assert figure(picture, "active_rating_rate", Scope.OWN, "A").state == State.SUPPRESSED


def test_delays_are_quantiles_of_what_was_delivered() -> None:
    rows = [Counted("A", XIHU, "delivery", ms, "", n) for ms, n in ((40, 90), (900, 9), (5000, 1))]
    delay = figure(taken(rows), "delivery_delay", Scope.REGION, PROVINCE)
    assert (delay.median, delay.p99, delay.denominator) == (40, 900, 100)


def test_delays_of_one_transport_are_its_own() -> None:
    rows = [
        Counted("A", XIHU, "delivery", 40, "", 90),
        Counted("A", XIHU, "by_email", 900, "", 50),
        Counted("A", XIHU, "by_sms", 100, "", 4),
    ]
    picture = taken(rows)
    assert figure(picture, "delivery_delay", Scope.REGION, PROVINCE).median == 40
    assert figure(picture, "delay_by_email", Scope.REGION, PROVINCE).median == 900
    assert figure(picture, "delay_by_sms", Scope.REGION, PROVINCE).state == State.SUPPRESSED
    assert figure(picture, "delay_by_zwding", Scope.REGION, PROVINCE).state == State.NO_DATA


def test_an_organisation_that_moved_counts_where_things_happened() -> None:
    rows = [*reviews("A", XIHU, {5: 10}), *reviews("A", LONGQUAN, {5: 20})]
    picture = taken(rows)
    assert figure(picture, "active_reviews", Scope.REGION, XIHU).numerator == 10
    assert figure(picture, "active_reviews", Scope.REGION, LONGQUAN).numerator == 20
    assert figure(picture, "active_reviews", Scope.OWN, "A").numerator == 30


def test_codes_are_unique_and_every_share_has_a_denominator() -> None:
    assert len({indicator.code for indicator in INDICATORS}) == len(INDICATORS)
    assert all((i.denominator is not None) == (i.kind == "share") for i in INDICATORS)
