"""Breakdowns, for everybody."""

from __future__ import annotations

import pytest

from huiyin.indicators.services import fold_sealed
from huiyin.log.sealing import seal_if_due
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _short_epochs(settings, frozen_clock) -> None:
    settings.HUIYIN_EPOCH_SECONDS = settings.HUIYIN_EPOCH_REVIEWS = 0
    settings.HUIYIN_EPOCH_MAX_SECONDS = 0
    factories.reference_data()


def published():
    unit = factories.organisation()
    for _ in range(6):
        factories.review(factories.event(unit))
    assert seal_if_due()
    assert fold_sealed()
    return unit


def test_before_the_first_epoch_there_are_no_members(api) -> None:
    answer = api.get("/figures/slices", by="item").json()
    assert (answer["epoch"], answer["members"], answer["others"]) == (None, [], 0)


def test_a_member_has_a_name_its_reviews_and_a_share(api) -> None:
    unit = published()
    for place in ({}, {"region": "330106"}, {"organisation": unit.uscc}):
        [member] = api.get("/figures/slices", by="level", period="2024", **place).json()["members"]
        assert (member["member"], member["reviews"], member["good"], member["bad"]) == (
            "5",
            6,
            6,
            0,
        )
        assert member["value"] == 1
        assert member["interval"]["low"] < 1


def test_a_file_that_spreadsheets_read(api) -> None:
    unit = published()
    answer = api.get("/figures/slices", by="channel", organisation=unit.uscc, format="csv")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert unit.uscc in answer["Content-Disposition"]
    head, row = answer.content.decode("utf-8").splitlines()
    assert head.startswith("\ufeffmember,name,reviews")
    assert ",6,6,0,1.0," in row


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({}, 422, "invalid"),
        ({"by": "counter"}, 422, "slice-unknown"),
        ({"by": "item'; DROP TABLE"}, 422, "slice-unknown"),
        ({"by": "item\0"}, 422, "slice-unknown"),
        ({"by": "item", "period": "2024-04"}, 422, "period-invalid"),
        ({"by": "item", "period": "0001"}, 422, "period-invalid"),
        ({"by": "item", "period": "2024-01..2024-03"}, 422, "period-invalid"),
        ({"by": "item", "region": "440000"}, 404, "region-unknown"),
        ({"by": "item", "organisation": "123"}, 404, "organisation-unknown"),
        ({"by": "item", "organisation": "x", "region": "330106"}, 422, "invalid"),
        ({"by": "item", "format": "xml"}, 422, "invalid"),
    ],
)
def test_bad_questions_are_named(api, query, status, code) -> None:
    answer = api.get("/figures/slices", **query)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
