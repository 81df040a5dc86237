"""Reading columns of reviews: what is taken, what is refused, and that nothing else happens."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huiyin.intake.imports.columns import PF, Decoded, Manner, decode
from huiyin.reviews.services import Columns

TODAY = date(2026, 3, 2)
BODY = "11330106XXX000019X"
GOOD = {"organisation": BODY, "channel": "web", "level": "5", "day": "2023-07-01"}

pytestmark = pytest.mark.once


def decoded(*rows: dict[str, str], manner: Manner | None = None, **more: Any) -> Decoded:
    names = list(dict.fromkeys(name for row in rows for name in row))
    return decode(
        {name: [row.get(name, "") for row in rows] for name in names},
        manner=manner or Manner(5),
        known={BODY},
        today=TODAY,
        names={"day": "assessTime"},
        **more,
    )


def only(result: Decoded, name: str) -> str:
    assert not result.faults
    [value] = getattr(result.reviews, name)
    return str(value)


@pytest.mark.parametrize(
    ("best", "given", "kept"), [(5, "5", "5"), (5, "1", "1"), (1, "1", "5"), (1, "4", "2")]
)
def test_the_operator_says_which_end_is_best(best: int, given: str, kept: str) -> None:
    assert only(decoded(GOOD | {"level": given}, manner=Manner(best)), "level") == kept


@pytest.mark.parametrize(
    ("time", "day"),
    [
        ("2023-07-01", "2023-07-01"),
        ("2023-07-01 23:59:59", "2023-07-01"),
        ("2023-07-01T08:00", "2023-07-01"),
        ("20230701235959", "2023-07-01"),
        ("2023/7/1 8:00:00", "2023-07-01"),
        # What is still yesterday in London is today at the counter.
        ("2023-06-30T16:30:00Z", "2023-07-01"),
        (" 2023-07-01 ", "2023-07-01"),
    ],
)
def test_the_day_is_that_of_the_people_at_the_counter(time: str, day: str) -> None:
    assert only(decoded(GOOD | {"day": time}), "day") == day


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("organisation", ""),
        ("organisation", "11330106XXX000027Q"),
        ("level", "0"),
        ("level", ""),
        ("level", "5.0"),
        ("channel", "telepathy"),
        ("channel", ""),
        ("day", ""),
        ("day", "2023-02-30"),
        ("day", "2026-03-03"),
        ("day", "2023-07-01 25:00:00"),
        ("day", "2023-07-01\n2023-07-02"),
        ("day", "yesterday"),
        ("item", "123"),
        ("counter", "a" * 21),
        ("counter", "1\t2"),
        ("tags", "5100"),
        ("tags", "110"),
        ("tags", ",".join(f"5{n:02}" for n in range(21))),
        ("reference", "r" * 101),
        ("reference", "a\x00b"),
        ("default", "maybe"),
    ],
)
def test_what_is_wrong_is_named_and_the_rows_around_it_are_taken(field: str, value: str) -> None:
    result = decoded(GOOD, GOOD | {field: value}, GOOD)
    assert list(result.faults) == [1]
    [fault] = result.faults[1]
    assert fault.field == {"day": "assessTime"}.get(field, field)
    assert not value or value not in fault.reason
    assert len(result.reviews.day) == 2


def test_all_that_is_wrong_with_a_row_is_told_at_once() -> None:
    [faults] = decoded(GOOD | {"level": "9", "day": "never"}).faults.values()
    assert {fault.field for fault in faults} == {"level", "assessTime"}


@pytest.mark.parametrize("tags", ["501,509", "509，501", "509;501", "501 509", "509、501,501"])
def test_tags_of_retired_generations_are_kept(tags: str) -> None:
    assert only(decoded(GOOD | {"tags": tags}), "tags") == "501,509"


def test_an_item_of_33_characters_is_that_of_its_first_31() -> None:
    assert only(decoded(GOOD | {"item": "1" * 33}), "item_code") == "1" * 31


class TestChannelsAsCodes:
    ROW = {name: value for name, value in GOOD.items() if name != "channel"}

    @pytest.mark.parametrize(
        ("place", "code", "channel"),
        [
            ("national", "6", "hotline"),
            ("national", "07", "sms"),
            ("shandong", "8", "mobile"),
            ("zhejiang", "6", "sms"),
            ("zhejiang", "4", "counter_device"),
        ],
    )
    def test_they_mean_what_their_province_means(self, place: str, code: str, channel: str) -> None:
        result = decoded(self.ROW | {"pf": code}, manner=Manner(5, place))
        assert only(result, "channel") == channel

    @pytest.mark.parametrize(("place", "code"), [("national", "8"), ("zhejiang", "9"), ("", "1")])
    def test_others_are_refused(self, place: str, code: str) -> None:
        assert list(decoded(self.ROW | {"pf": code}, manner=Manner(5, place)).faults) == [0]

    def test_what_the_system_gave_itself_is_no_review(self) -> None:
        result = decoded(
            self.ROW | {"pf": "7"}, self.ROW | {"pf": "1"}, manner=Manner(5, "zhejiang")
        )
        assert result.defaults == {0}
        assert list(result.reviews.channel) == ["web"]

    def test_two_columns_must_say_the_same(self) -> None:
        manner = Manner(5, "national")
        assert decoded(GOOD | {"pf": "1"}, manner=manner).reviews.channel == ["web"]
        assert list(decoded(GOOD | {"pf": "2"}, manner=manner).faults) == [0]


def test_a_default_is_no_review_whatever_else_is_in_its_row() -> None:
    result = decoded(GOOD | {"default": "1", "level": ""}, GOOD | {"default": "2"}, GOOD)
    assert (result.defaults, result.faults) == ({0}, {})
    assert len(result.reviews.day) == 2


def test_texts_are_counted_and_go_nowhere() -> None:
    result = decoded(GOOD | {"text": "张三丰态度很差"}, GOOD, GOOD | {"text": "好", "level": "x"})
    assert result.texts == 1
    assert "张三丰" not in repr(result)


def test_odd_rows_are_passed_over() -> None:
    result = decoded(GOOD, GOOD | {"default": "1"}, GOOD, odd={0, 1})
    assert (len(result.reviews.day), result.defaults) == (1, frozenset())


_values = st.one_of(
    st.sampled_from(
        [*GOOD.values(), "", "1", "4", "7", "501", "2023-07-01 10:00:00", "20230701101500", "是"]
    ),
    st.text(max_size=12),
)


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(
                [
                    "channel",
                    "pf",
                    "level",
                    "tags",
                    "day",
                    "item",
                    "counter",
                    "text",
                    "reference",
                    "default",
                    "organisation",
                ]
            ),
            _values,
        ),
        min_size=1,
        max_size=6,
    ),
    st.sampled_from([1, 5]),
    st.sampled_from(["", *PF]),
)
def test_each_row_alone_and_all_together_come_out_the_same(
    rows: list[dict[str, str]], best: int, pf: str
) -> None:
    """Every row is taken, left out as a default or refused with a reason; its neighbours, which
    are read with it in one go, change nothing of that."""
    full = [GOOD | row for row in rows]
    manner = Manner(best, pf)
    together = decoded(*full, manner=manner)
    alone = [
        decoded({n: row.get(n, "") for n in {k for r in full for k in r}}, manner=manner)
        for row in full
    ]
    assert set(together.faults) == {place for place, one in enumerate(alone) if one.faults}
    assert together.defaults == {place for place, one in enumerate(alone) if one.defaults}
    for name in Columns._fields:
        expected = [value for one in alone for value in getattr(one.reviews, name)]
        assert list(getattr(together.reviews, name)) == expected
    assert len(together.faults) + len(together.defaults) + len(together.reviews.day) == len(full)
    assert set(together.reviews.level) <= set("12345")
