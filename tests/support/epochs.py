"""Sealing what waits, so that a test sees what the public sees."""

from __future__ import annotations

from datetime import timedelta

from huiyin.indicators.queries import latest
from huiyin.indicators.services import fold_sealed
from huiyin.kernel import clock
from huiyin.log import sealing
from huiyin.web.portal import stories


def seal() -> None:
    """Seal all that waits as one epoch, two days on, and fold it into the figures."""
    with clock.frozen(clock.now() + timedelta(days=2)):
        assert sealing.seal_if_due()
    while fold_sealed():
        pass


def published() -> list[stories.Story]:
    """The stories that the public reads after sealing what waits."""
    seal()
    newest = latest()
    assert newest
    found, _cursor = stories.published(epoch=newest.epoch_id)
    return found
