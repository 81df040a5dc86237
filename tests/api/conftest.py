"""Throttles that start full, and somebody without a key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.api.client import Api


@pytest.fixture(autouse=True)
def _full_throttles(monkeypatch: pytest.MonkeyPatch) -> None:
    # Imported late: pytest reads this file before Django has its settings.
    from huiyin.api import auth
    from huiyin.api.v1 import events, receipts, reviews
    from huiyin.kernel.throttle import Throttle

    for place, name in (
        (auth, "wrong_passwords"),
        (auth, "wrong_bearers"),
        (events, "calls"),
        (reviews, "wrong_tokens"),
        (receipts, "wrong_codes"),
    ):
        monkeypatch.setattr(place, name, Throttle(burst=5, per_minute=1))


@pytest.fixture
def api() -> Api:
    """Somebody without key or session."""
    from tests.api.client import Api

    return Api()
