"""Figures and the log, for everybody."""

from __future__ import annotations

import hashlib
import json

import pytest

from huiyin.api.v1 import public
from huiyin.indicators.services import fold_sealed
from huiyin.log.models import Leaf
from huiyin.log.sealing import seal_if_due
from huiyin.matters.table import State
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _short_epochs(settings, frozen_clock, monkeypatch) -> None:
    monkeypatch.setattr(public, "questions", public.Throttle(burst=60, per_minute=60))
    settings.HUIYIN_EPOCH_SECONDS = settings.HUIYIN_EPOCH_REVIEWS = 0
    settings.HUIYIN_EPOCH_MAX_SECONDS = 0
    factories.reference_data()


def publish() -> None:
    assert seal_if_due()
    assert fold_sealed()


def figure(answer, code: str) -> dict:
    return next(one for one in answer.json()["figures"] if one["code"] == code)


def test_before_the_first_epoch_every_figure_says_that_there_is_nothing(api) -> None:
    answer = api.get("/figures")
    assert answer.status_code == 200
    assert answer.json()["epoch"] is None
    assert {one["state"] for one in answer.json()["figures"]} == {"no_data", "shown"}
    assert figure(answer, "good_rate")["value"] is None


def test_a_figure_names_what_it_is_made_of_and_as_of_when(api) -> None:
    unit = factories.organisation()
    for level in [5] * 12 + [3] * 6 + [2] * 6:
        tags = {"tags": ["212"]} if level == 2 else {}
        factories.review(factories.event(unit), level=level, **tags)
    publish()
    for place in ({}, {"region": "330106"}, {"organisation": unit.uscc}):
        answer = api.get("/figures", **place)
        rate = figure(answer, "good_rate")
        assert (rate["numerator"], rate["denominator"], rate["value"]) == (18, 24, 0.75)
        assert rate["interval"]["low"] < 0.75 < rate["interval"]["high"]
        assert answer.json()["epoch"]["number"] == 1
    assert figure(api.get("/figures", region="331181"), "good_rate")["state"] == "no_data"


def test_periods_are_whole_months_and_named(api) -> None:
    unit = factories.organisation()
    for _ in range(6):
        factories.review(factories.event(unit))
    publish()
    answer = api.get("/figures", **{"from": "2024-03-10", "to": "2024-03-11"})
    assert answer.json()["period"] == {"first": "2024-03-01", "last": "2024-03-31"}
    assert figure(answer, "active_reviews")["value"] == 6
    earlier = api.get("/figures", **{"from": "2024-01-10", "to": "2024-02-11"})
    assert figure(earlier, "active_reviews")["value"] == 0


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({"region": "999999"}, 404, "region-unknown"),
        ({"region": "'; DROP TABLE"}, 404, "region-unknown"),
        ({"organisation": "123"}, 404, "organisation-unknown"),
        ({"from": "yesterday"}, 422, "invalid"),
        ({"from": "2024-03-02", "to": "2024-03-01"}, 422, "period-invalid"),
        ({"from": "0001-01-01"}, 422, "period-invalid"),
        ({"region": "330106", "organisation": "x"}, 422, "invalid"),
    ],
)
def test_bad_questions_are_named(api, query, status, code) -> None:
    answer = api.get("/figures", **query)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_questions_are_limited_for_each_address(api, monkeypatch) -> None:
    monkeypatch.setattr(public, "questions", public.Throttle(burst=2, per_minute=1))
    own = {"from": "2024-01-01"}
    assert [api.get("/figures", **own).status_code for _ in range(3)] == [200, 200, 429]
    assert api.get("/figures").status_code == 200, "what everybody asks is never held up"


class TestTheLog:
    def test_it_holds_what_is_sealed_and_nothing_else(self, api) -> None:
        factories.review(text="我叫张三丰")
        assert api.get("/published").json()["entries"] == []
        publish()
        factories.review()
        entries = api.get("/published").json()["entries"]
        assert "张三丰" not in str(entries)
        assert {entry["epoch"] for entry in entries} == {1}
        told = [json.loads(entry["entry"]) for entry in entries]
        [review] = [entry for entry in told if entry["kind"] == "review"]
        assert review["level"] == 5

    def test_every_leaf_hash_can_be_checked(self, api) -> None:
        factories.loop(State.TOLD)
        publish()
        entries = api.get("/published").json()["entries"]
        assert len(entries) > 5
        for entry in entries:
            hashed = hashlib.sha256(b"\x00" + entry["entry"].encode()).hexdigest()
            assert hashed == entry["leaf_hash"]

    def test_it_is_read_page_by_page(self, api, monkeypatch) -> None:
        monkeypatch.setattr(public, "PAGE_SIZE", 2)
        for _ in range(5):
            factories.review()
        publish()
        seen, cursor = [], ""
        while cursor is not None:
            answer = api.get("/published", **({"cursor": cursor} if cursor else {})).json()
            seen += [entry["index"] for entry in answer["entries"]]
            cursor = answer["next_cursor"]
        assert seen == list(range(Leaf.objects.count()))
        assert len(seen) >= 5

    @pytest.mark.parametrize("cursor", ["x", "-1", "9" * 30])
    def test_a_foreign_cursor_is_refused(self, api, cursor) -> None:
        assert api.get("/published", cursor=cursor).status_code == 422


@pytest.mark.parametrize(
    "code", ["a\x00b", "\x00", "٣٣٠١٠٦", "x" * 2000, "\ud800".encode("utf-8", "replace").decode()]
)
def test_a_code_without_the_shape_of_one_is_unknown(api, code: str) -> None:
    assert api.get("/figures", organisation=code).json()["code"] == "organisation-unknown"
    assert api.get("/figures", region=code).json()["code"] == "region-unknown"


@pytest.mark.parametrize(("cursor", "status"), [("", 200), ("0", 200), ("٣", 422), ("-1", 422)])
def test_a_cursor_is_empty_or_ascii_digits(api, cursor: str, status: int) -> None:
    assert api.get("/published", cursor=cursor).status_code == status
