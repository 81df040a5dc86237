"""A clock that tests hold still and move by hand."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import datetime, timedelta

from huiyin.kernel import clock


class FrozenClock:
    """``huiyin.kernel.clock`` held at a moment. Naive moments are local (Asia/Shanghai)."""

    def __init__(self, stack: ExitStack, moment: datetime) -> None:
        self._stack = stack
        self.move_to(moment)

    @property
    def now(self) -> datetime:
        return clock.now()

    def move_to(self, moment: datetime) -> datetime:
        aware = moment if moment.tzinfo else moment.replace(tzinfo=clock.LOCAL)
        self._stack.enter_context(clock.frozen(aware))
        return aware

    def move_by(self, **by: float) -> datetime:
        """Move forward by ``timedelta(**by)``: ``move_by(hours=3)``."""
        return self.move_to(clock.now() + timedelta(**by))
