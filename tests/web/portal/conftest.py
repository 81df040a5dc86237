"""A public log that moves only when a test says so."""

from __future__ import annotations

from collections.abc import Callable

import pytest


@pytest.fixture
def publish(settings, frozen_clock, log_folder) -> Callable[[], None]:
    """Seal what waits, write the log's files and add it to the figures; until then an epoch never
    ends by itself."""
    from huiyin.indicators.services import fold_sealed
    from huiyin.log import publishing
    from huiyin.log.sealing import seal_if_due
    from tests import factories

    settings.HUIYIN_EPOCH_SECONDS = 3600
    settings.HUIYIN_EPOCH_REVIEWS = 100
    settings.HUIYIN_EPOCH_MAX_SECONDS = 24 * 3600
    factories.reference_data()

    def seal_and_fold() -> None:
        frozen_clock.move_by(seconds=settings.HUIYIN_EPOCH_MAX_SECONDS)
        assert seal_if_due()
        publishing.publish()
        while fold_sealed():
            pass

    return seal_and_fold


@pytest.fixture(autouse=True)
def _patient_api(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who looks very often is slowed down; these tests are about what they see."""
    from huiyin.api.v1 import public
    from huiyin.kernel.throttle import Throttle

    monkeypatch.setattr(public, "questions", Throttle(burst=10_000, per_minute=10_000))
