"""Breakdowns: folded once with their epoch, released in portions, read with bounded work."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from huiyin.indicators import services
from huiyin.indicators.models import Slice, WaitingShare
from huiyin.indicators.periods import parse
from huiyin.indicators.slices import queries
from huiyin.indicators.slices import services as slices
from huiyin.indicators.slices.dimensions import Dimension
from huiyin.indicators.slices.fold import Share, shares
from huiyin.log.sealing import seal_if_due
from tests import factories

pytestmark = pytest.mark.django_db
MONTH = parse("2024-03", today=date(2024, 3, 4))


@pytest.fixture(autouse=True)
def _short_epochs(settings, frozen_clock) -> None:
    settings.HUIYIN_EPOCH_SECONDS = settings.HUIYIN_EPOCH_REVIEWS = 0
    settings.HUIYIN_EPOCH_MAX_SECONDS = 0


def entry(uscc: str, **changes) -> dict:
    """A review's entry, as far as it is counted."""
    said = {
        "kind": "review",
        "organisation": uscc,
        "region": factories.COUNTY,
        "item": "A",
        "day": "2024-03-04",
        "ordinal": 1,
        "level": 5,
        "tags": [],
        "channel": "web",
        "trust": "verified",
    }
    return said | changes


def add(*entries: dict) -> None:
    """An epoch of ``entries``."""
    sums: Counter[Share] = Counter()
    for one in entries:
        for share, amount in shares(one):
            sums[share] += amount
    slices.add(sums)


def table(node, by: Dimension = Dimension.ITEM) -> dict[str, int]:
    return {row.member: row.reviews for row in queries.read(node, MONTH, by).rows}


def void(review: dict) -> dict:
    return {"kind": "step", "event": "void", "review": review}


class TestFolding:
    def test_it_is_folded_once_with_its_epoch_or_not_at_all(self, monkeypatch) -> None:
        unit = factories.organisation()
        for _ in range(5):
            factories.review(factories.event(unit))
        assert seal_if_due()

        def die(_topic: str) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(services.wakeup, "ring", die)
            with pytest.raises(KeyboardInterrupt):
                services.fold_sealed()
        assert not WaitingShare.objects.exists()
        assert not Slice.objects.exists()
        assert services.fold_sealed()
        assert not services.fold_sealed()
        assert list(table(unit).values()) == [5]
        assert table(unit.region, Dimension.TRUST) == {"verified": 5}

    def test_a_body_above_has_what_its_units_have(self) -> None:
        above = factories.organisation()
        unit = factories.organisation(parent=above)
        add(*[entry(unit.uscc)] * 6)
        assert table(above) == table(unit) == table(unit.region) == {"A": 6}

    def test_only_reviews_by_citizens_are_counted_but_by_trust(self) -> None:
        unit = factories.organisation()
        paper = entry(unit.uscc, trust="paper")
        add(*[paper] * 6)
        assert table(unit) == {}
        assert table(unit, Dimension.TRUST) == {"paper": 6}

    def test_a_voided_review_is_taken_back(self) -> None:
        unit = factories.organisation()
        bad = entry(unit.uscc, level=1)
        add(*[entry(unit.uscc)] * 6, bad)
        assert table(unit) == {"A": 7}
        add(void(bad))
        assert table(unit) == {"A": 6}
        [row] = queries.read(unit, MONTH, Dimension.ITEM).rows
        assert (row.good, row.bad) == (6, 0)

    def test_a_ruling_that_names_no_item_takes_back_what_it_names(self) -> None:
        unit = factories.organisation()
        said = {"trust": "verified", "channel": "web", "day": "2024-03-04", "level": 1}
        add(void({"organisation": unit.uscc, "region": factories.COUNTY} | said))
        assert set(WaitingShare.objects.values_list("dimension", flat=True)) == {
            "trust",
            "channel",
            "level",
        }


class TestTheAttack:
    """Whoever looks after every epoch, and subtracts children from parents."""

    def test_no_number_moves_by_a_few_and_no_difference_is_a_few(self) -> None:
        above = factories.organisation()
        units = [factories.organisation(parent=above) for _ in range(3)]
        nodes = [above.region, above, *units]
        before = [table(node) for node in nodes]
        for round_ in range(14):
            add(
                *[entry(units[0].uscc, item="AB"[round_ % 2]) for _ in range(3)],
                entry(units[1].uscc, level=1 + round_ % 5),
                *([entry(units[2].uscc, item="B")] if round_ % 4 == 0 else []),
            )
            now = [table(node) for node in nodes]
            for old, new in zip(before, now, strict=True):
                for item in "AB":
                    step = new.get(item, 0) - old.get(item, 0)
                    assert step == 0 or step >= 5
            region, body, *parts = now
            assert region == body
            for item in "AB":
                left = body.get(item, 0)
                for part in parts:
                    left -= part.get(item, 0)
                    assert left == 0 or left >= 5
            before = now
        assert before[0], "something was published at all"

    def test_few_bad_reviews_of_a_member_are_not_told(self) -> None:
        unit = factories.organisation()
        add(*[entry(unit.uscc)] * 8, *[entry(unit.uscc, level=2)] * 2)
        [row] = queries.read(unit, MONTH, Dimension.ITEM).rows
        assert (row.reviews, row.good, row.bad, row.share, row.interval) == (10,) + (None,) * 4

    def test_few_that_stay_back_keep_another_back(self) -> None:
        unit = factories.organisation()
        add(*[entry(unit.uscc)] * 8, *[entry(unit.uscc, item="B")] * 2)
        assert table(unit) == {}
        assert table(unit, Dimension.CHANNEL) == {"web": 10}


class TestWork:
    def test_folding_takes_as_many_queries_for_many_reviews_as_for_few(self) -> None:
        unit = factories.organisation()
        add(*[entry(unit.uscc)] * 5)
        with CaptureQueriesContext(
            connection,
        ) as few:
            add(*[entry(unit.uscc)] * 5)
        with CaptureQueriesContext(connection) as many:
            add(*[entry(unit.uscc, item=f"I{n % 20}") for n in range(200)])
        assert len(many) == len(few)

    def test_reading_takes_bounded_rows(self, monkeypatch) -> None:
        monkeypatch.setattr(queries, "MOST_ROWS", 3)
        unit = factories.organisation()
        add(*[entry(unit.uscc, item=f"I{n:02}") for n in range(12) for _ in range(5 + n)])
        with CaptureQueriesContext(connection) as asked:
            found = queries.read(unit, MONTH, Dimension.ITEM)
        assert [row.member for row in found.rows] == ["I11", "I10", "I09"]
        assert found.others == sum(5 + n for n in range(9))
        assert len(asked) <= 7
