"""The periods that have figures."""

from __future__ import annotations

from datetime import date

import pytest

from huiyin.indicators.errors import PeriodInvalid
from huiyin.indicators.periods import parse

pytestmark = pytest.mark.once
TODAY = date(2024, 3, 4)


@pytest.mark.parametrize(
    ("code", "first", "last", "months"),
    [
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29), 1),
        ("2024", date(2024, 1, 1), date(2024, 12, 31), 12),
        ("latest", date(2023, 4, 1), date(2024, 3, 31), 12),
    ],
)
def test_what_a_code_means(code, first, last, months) -> None:
    period = parse(code, today=TODAY)
    assert (period.first, period.last, len(period.months)) == (first, last, months)


@pytest.mark.parametrize(
    "code", ["2024-04", "2025", "1999", "2024-13", "2024-2", "", "２０２４", "2024\n", "1 OR 1"]
)
def test_what_is_no_period(code) -> None:
    with pytest.raises(PeriodInvalid):
        parse(code, today=TODAY)
