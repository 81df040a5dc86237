"""Higher packages hear of arrivals here; what they write shares the recording transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from huiyin.notices.models import Delivery

Listener = Callable[[Sequence["Delivery"]], None]

_listeners: list[Listener] = []


def on_arrival(listener: Listener) -> None:
    """Call ``listener`` with the deliveries of notices that have just arrived, their outbox rows
    loaded; to be used in ``AppConfig.ready``."""
    if listener not in _listeners:
        _listeners.append(listener)


def announce(deliveries: Sequence[Delivery]) -> None:
    for listener in _listeners:
        listener(deliveries)
