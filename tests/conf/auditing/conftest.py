from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conf.auditing.served import Served


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Served:
    from huiyin.api.v1 import public
    from huiyin.kernel.throttle import Throttle
    from huiyin.verify import fetch
    from tests.conf.auditing.served import Served

    made = Served()
    monkeypatch.setattr(fetch, "get", made.get)
    monkeypatch.setattr(public, "questions", Throttle(burst=10_000, per_minute=10_000))
    return made
