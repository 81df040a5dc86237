"""Which period, as of when, and how many queries."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from huiyin.indicators import queries, services
from huiyin.indicators.definitions import BY_CODE
from huiyin.indicators.errors import PeriodInvalid
from huiyin.indicators.figures import Place, Scope
from huiyin.indicators.queries import Period, months
from huiyin.log.sealing import seal_if_due
from tests import factories

TODAY = date(2024, 3, 4)


@pytest.mark.parametrize(
    ("first", "last", "period"),
    [
        (None, None, (date(2023, 4, 1), date(2024, 3, 31))),
        (date(2024, 2, 10), date(2024, 2, 11), (date(2024, 2, 1), date(2024, 2, 29))),
        (date(2024, 1, 31), None, (date(2024, 1, 1), date(2024, 3, 31))),
        (None, date(2023, 12, 5), (date(2023, 1, 1), date(2023, 12, 31))),
        (date(2024, 5, 2), None, (date(2024, 5, 1), date(2024, 5, 31))),
    ],
)
def test_periods_are_whole_months(first, last, period) -> None:
    assert months(first, last, today=TODAY) == Period(*period)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2024, 3, 2), date(2024, 3, 1)),
        (date(1, 1, 1), None),
        (None, date(9999, 12, 31)),
        (date(2001, 1, 1), date(2024, 1, 1)),
    ],
)
def test_periods_that_mean_nothing_are_refused(first, last) -> None:
    with pytest.raises(PeriodInvalid):
        months(first, last, today=TODAY)


@pytest.fixture
def short_epochs(settings) -> None:
    settings.HUIYIN_EPOCH_SECONDS = settings.HUIYIN_EPOCH_REVIEWS = 0
    settings.HUIYIN_EPOCH_MAX_SECONDS = 0


@pytest.mark.django_db
class TestThePicture:
    def test_before_the_first_epoch_there_is_nothing(self) -> None:
        picture = queries.picture()
        assert picture.epoch is None
        assert picture.figures.places == frozenset()

    def test_it_moves_only_when_an_epoch_was_folded(self, frozen_clock, short_epochs) -> None:
        def reviews() -> int | None:
            place = Place(Scope.REGION, factories.PROVINCE)
            return queries.picture().figures.figure(BY_CODE["active_reviews"], place).numerator

        unit = factories.organisation()
        for _ in range(5):
            factories.review(factories.event(unit))
        assert seal_if_due()
        assert services.fold_sealed()
        assert reviews() == 5
        factories.review(factories.event(unit))
        assert reviews() == 5
        frozen_clock.move_by(seconds=1)
        assert seal_if_due()
        assert reviews() == 5
        assert services.fold_sealed()
        assert reviews() == 6

    def test_three_queries_then_one(self, short_epochs) -> None:
        for _ in range(4):
            factories.review()
        assert seal_if_due()
        assert services.fold_sealed()
        counts = []
        for _ in range(2):
            with CaptureQueriesContext(
                connection,
            ) as context:
                queries.picture()
            counts.append(len(context))
        assert counts == [3, 1]
