"""What an entry of the log adds to the tallies."""

from __future__ import annotations

from typing import Any

import pytest

from huiyin.indicators.fold import Metric, contributions

WHERE = {"organisation": "11330106XXXX0001XX", "region": "330106000000", "day": "2024-03-04"}


def step(event: str, **more: Any) -> dict[str, Any]:
    return {
        "kind": "step",
        "matter_kind": "bad_review",
        "event": event,
        "opened_day": "2024-02-28",
        "clocks": {},
        **WHERE,
        **more,
    }


def lateness(**overdue: list[str]) -> dict[str, Any]:
    return {"kind": "lateness", "matter_kind": "bad_review", "overdue": overdue, **WHERE}


def tallies(document: dict[str, Any]) -> list[tuple[str, int, str, int]]:
    return [
        (key.metric.value, key.value, key.day, amount) for key, amount in contributions(document)
    ]


def clock(kind: str, *, in_time: bool, breached: bool = False) -> dict[str, Any]:
    return {"clocks": {kind: {"in_time": in_time, "breached": breached, "due_day": "2024-03-20"}}}


@pytest.mark.parametrize(("ordinal", "metric"), [(1, Metric.REVIEW), (2, Metric.FOLLOW_UP)])
def test_a_review_counts_by_level_channel_and_trust(ordinal: int, metric: Metric) -> None:
    said = {"ordinal": ordinal, "level": 4, "channel": "web", "trust": "verified"}
    [(key, amount)] = contributions({"kind": "review", **WHERE, **said})
    assert (key.metric, key.value, key.channel, key.trust, amount) == (
        metric,
        4,
        "web",
        "verified",
        1,
    )
    assert (key.organisation, key.region, key.day) == tuple(WHERE.values())


def test_an_import_counts_by_its_own_places_days_and_grade() -> None:
    counts = {
        "A": {"region": "330102000000", "days": {"2023-07-01": {"web": {"5": 90, "1": 2}}}},
        "B": {"region": "330106000000", "days": {"2023-07-02": {"sms": {"3": 1}}}},
    }
    assert contributions({"kind": "imported", "counts": counts, **WHERE}) == [
        (("A", "330102000000", "2023-07-01", Metric.REVIEW, 5, "web", "imported"), 90),
        (("A", "330102000000", "2023-07-01", Metric.REVIEW, 1, "web", "imported"), 2),
        (("B", "330106000000", "2023-07-02", Metric.REVIEW, 3, "sms", "imported"), 1),
    ]


def test_services_count_as_many_as_the_entry_says() -> None:
    assert tallies({"kind": "services", "item": "X", "count": 37, **WHERE}) == [
        ("service", 0, "2024-03-04", 37)
    ]


def test_a_delivery_counts_in_its_rounded_delay() -> None:
    assert tallies({"kind": "delivery", "delay_ms": 1234, **WHERE}) == [
        ("delivery", 1300, "2024-03-04", 1)
    ]


@pytest.mark.parametrize(
    ("transport", "metric"),
    [
        ("zwding", "by_zwding"),
        ("email", "by_email"),
        ("sms_smpp", "by_sms"),
        ("sms_http", "by_sms"),
    ],
)
def test_an_arrival_by_another_transport_counts_for_that_alone(transport: str, metric: str) -> None:
    entry = {"kind": "arrival", "transport": transport, "delay_ms": 1234, **WHERE}
    assert tallies(entry) == [(metric, 1300, "2024-03-04", 1)]
    assert tallies({**entry, "transport": "a_new_one"}) == []


def test_what_happens_to_a_matter_counts_on_the_day_it_was_opened() -> None:
    assert tallies(step("open")) == [("matter", 0, "2024-02-28", 1)]
    assert tallies(step("verify", **clock("callback", in_time=True))) == [
        ("callback", 1, "2024-02-28", 1)
    ]
    assert tallies(step("verify", **clock("callback", in_time=False, breached=True))) == [
        ("callback", 0, "2024-02-28", 1)
    ]
    assert tallies(step("object", state="reopened")) == [("reopened", 0, "2024-02-28", 1)]
    assert tallies(step("report_fake", state="reopened")) == [("reopened", 0, "2024-02-28", 1)]
    assert tallies(step("object", state="told")) == []
    assert tallies(step("withdraw", **clock("rectification", in_time=True))) == [
        ("withdrawn", 0, "2024-02-28", 1)
    ]
    assert tallies(step("grant_extension", first=True)) == [("extended", 0, "2024-02-28", 1)]
    assert tallies(step("grant_extension", first=False)) == []
    assert tallies(step("appeal", ground="fake")) == [("appealed", 0, "2024-02-28", 1)]


def test_being_recorded_as_unreachable_is_no_callback() -> None:
    assert tallies(step("consent_unreachable", **clock("callback", in_time=True))) == []


@pytest.mark.parametrize(("confirmed", "value"), [(True, 1), (False, 0), (None, 0)])
def test_only_the_citizens_word_makes_a_closing_confirmed(confirmed, value: int) -> None:
    assert tallies(step("close", confirmed=confirmed)) == [("closed", value, "2024-02-28", 1)]


class TestAMatterFallsDueOnce:
    def test_when_the_citizen_is_told_in_time(self) -> None:
        assert tallies(step("tell", **clock("rectification", in_time=True))) == [
            ("due", 1, "2024-03-04", 1)
        ]

    def test_when_it_is_recorded_as_overdue_and_not_again_when_told_later(self) -> None:
        overdue = lateness(rectification=["A", "B"], callback=["A"])
        told = step("tell", **clock("rectification", in_time=False, breached=True))
        assert tallies(overdue) + tallies(told) == [("due", 0, "2024-03-04", 2)]

    def test_when_it_is_told_late_before_anybody_noticed(self) -> None:
        told = step("tell", **clock("rectification", in_time=False))
        assert tallies(told) == [("due", 0, "2024-03-04", 1)]

    def test_a_late_callback_is_another_matter(self) -> None:
        assert tallies(lateness(callback=["A"])) == []

    def test_matters_of_another_kind_are_not_counted(self) -> None:
        assert tallies({**lateness(rectification=["A"]), "matter_kind": "hardship"}) == []


ELSEWHERE = {"organisation": "11330106XXXX0002XX", "region": "330106000000"}


def test_only_rulings_on_a_units_appeal_count() -> None:
    for event, upheld in (("dismiss", False), ("uphold", True)):
        ruled = step(event, side="unit", upheld=upheld)
        assert tallies(ruled) == [("ruled", int(upheld), "2024-02-28", 1)]
        assert tallies({**ruled, "side": "citizen"}) == []


def test_a_voided_review_leaves_the_reviews_where_it_was_counted() -> None:
    given = {"level": 1, "channel": "web", "trust": "verified"}
    [counted] = contributions({"kind": "review", **WHERE, "ordinal": 1, **given})
    review = {**WHERE, **given}
    voided = step("void", side="unit", upheld=True, review=review)
    ruled, taken_back, apart = contributions({**voided, **ELSEWHERE, "day": "2024-04-01"})
    assert (taken_back[0], taken_back[1]) == (counted[0], -1)
    assert (apart[0].metric, apart[0].day, apart[0].trust) == ("voided", "2024-03-04", "verified")
    assert ruled[0].organisation == ELSEWHERE["organisation"]


def test_a_matter_counts_at_the_unit_that_has_it() -> None:
    moved = step("hand_on", **{"from": {**ELSEWHERE, "callback": None}})
    left, arrived = contributions(moved)
    assert (left[0].organisation, left[1]) == (ELSEWHERE["organisation"], -1)
    assert (arrived[0].organisation, arrived[1]) == (WHERE["organisation"], 1)
    assert left[0].day == arrived[0].day == "2024-02-28"
    assert tallies(step("assign")) == []


def test_a_redirected_matter_is_called_back_anew_and_the_appeal_stays_with_who_made_it() -> None:
    ruling = step("redirect", side="unit", upheld=True, **{"from": {**ELSEWHERE, "callback": True}})
    found = [(key.organisation, key.metric, amount) for key, amount in contributions(ruling)]
    old, new = ELSEWHERE["organisation"], WHERE["organisation"]
    assert found == [
        (old, "ruled", 1),
        (old, "matter", -1),
        (new, "matter", 1),
        (old, "callback", -1),
    ]


def test_a_deadline_moved_by_a_newer_calendar_is_no_longer_overdue() -> None:
    moved = step("recompute", clock="rectification", breached_day="2024-03-05")
    assert tallies(moved) == [("due", 0, "2024-03-05", -1)]
    assert tallies({**moved, "breached_day": None}) == []
    assert tallies({**moved, "clock": "callback"}) == []


@pytest.mark.parametrize(
    "document",
    [
        step("open", matter_kind="something_else"),
        step("add_evidence"),
        {"kind": "ruling"},
    ],
)
def test_what_no_figure_reads_adds_nothing(document: dict[str, Any]) -> None:
    assert contributions(document) == []


def test_an_entry_that_lacks_a_member_is_refused_rather_than_guessed() -> None:
    with pytest.raises(KeyError):
        contributions({"kind": "review", **WHERE, "ordinal": 1})
