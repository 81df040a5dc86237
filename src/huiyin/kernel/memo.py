"""What hardly ever changes and is asked for by every review: read once, believed for a moment."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any, TypeVar

from huiyin.kernel import clock

T = TypeVar("T")
Key = TypeVar("Key", bound=Hashable)


class Memo:
    """Remembers what was read, by key, until ``refresh`` finds it older than ``seconds``.

    Without ``seconds`` it serves one use: what it was told there is asked for once. One thread's.
    """

    def __init__(self, *, seconds: float = 0.0) -> None:
        self._seconds = seconds
        self._until = 0.0
        self._known: dict[Hashable, Any] = {}

    def refresh(self) -> None:
        """To be called before each use: forget what was believed long enough."""
        now = clock.monotonic()
        if now >= self._until:
            self._known.clear()
            self._until = now + self._seconds

    def of(self, key: Hashable, read: Callable[[], T]) -> T:
        """What is known under ``key``, else what ``read`` says."""
        if key not in self._known:
            self._known[key] = read()
        found: T = self._known[key]
        return found

    def missing(self, kind: str, keys: Iterable[Key]) -> set[Key]:
        """Those of ``keys`` under which nothing of this ``kind`` is known."""
        return {key for key in keys if (kind, key) not in self._known}

    def learn(self, kind: str, found: Iterable[tuple[Hashable, Any]]) -> None:
        """Take in what was read for several keys at once."""
        for key, value in found:
            self._known[kind, key] = value

    def get(self, kind: str, key: Hashable) -> Any:
        """What was learnt. Raises ``KeyError``."""
        return self._known[kind, key]
