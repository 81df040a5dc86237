"""How sure a share is, and where a quantile lies. Pure arithmetic."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

# The two-sided 95 % quantile of the normal distribution.
_Z = 1.959963984540054


@dataclass(frozen=True)
class Interval:
    """Bounds of a share, each from 0 to 1."""

    low: float
    high: float


def wilson(hits: int, cases: int) -> Interval:
    """The 95 % score interval of ``hits`` of ``cases`` (E. B. Wilson, 1927).

    Unlike the textbook interval it is never empty at 0 or all, and never leaves 0 to 1. Raises
    ``ValueError`` unless 0 ≤ hits ≤ cases and there is a case.
    """
    if not 0 <= hits <= cases or cases == 0:
        raise ValueError(f"{hits} of {cases} is no share")
    share = hits / cases
    weight = 1 + _Z**2 / cases
    middle = (share + _Z**2 / (2 * cases)) / weight
    reach = _Z * math.sqrt(share * (1 - share) / cases + _Z**2 / (4 * cases**2)) / weight
    # Rounding must not push the bound past a share of exactly nothing or everything.
    low = 0.0 if hits == 0 else max(0.0, middle - reach)
    high = 1.0 if hits == cases else min(1.0, middle + reach)
    return Interval(low, high)


def quantile(histogram: Iterable[tuple[int, int]], share: float) -> int | None:
    """The value that ``share`` (0 to 1) of all values do not exceed; None without values.

    ``histogram`` holds (value, how often). Nearest rank: the answer is one of the values.
    """
    counted = sorted((value, count) for value, count in histogram if count > 0)
    total = sum(count for _value, count in counted)
    rank = max(1, math.ceil(share * total))
    seen = 0
    for value, count in counted:
        seen += count
        if seen >= rank:
            return value
    return None


def two_digits_up(value: int) -> int:
    """``value`` rounded up to two significant digits: 238 becomes 240. Never understates."""
    if value < 100:
        return max(value, 0)
    step = int(10 ** (len(str(value)) - 2))
    return -(-value // step) * step
