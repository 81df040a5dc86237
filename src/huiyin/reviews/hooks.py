"""Higher packages forget a person here, in the transaction that erases them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from huiyin.reviews.models import Case

Listener = Callable[["Case"], None]

_listeners: list[Listener] = []


def on_erasure(listener: Listener) -> None:
    """Call ``listener`` with a case whose person is being erased; to be used in
    ``AppConfig.ready``."""
    if listener not in _listeners:
        _listeners.append(listener)


def erased(case: Case) -> None:
    for listener in _listeners:
        listener(case)
