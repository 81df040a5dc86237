"""Higher packages listen here to what concerns one person and is no step of the loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from huiyin.matters.models import Consequence

Listener = Callable[["Consequence"], None]

_listeners: list[Listener] = []


def on_consequence(listener: Listener) -> None:
    """Call ``listener`` inside the transaction in which a consequence is recorded, and in which an
    objection to one is decided; to be used in ``AppConfig.ready``."""
    if listener not in _listeners:
        _listeners.append(listener)


def announce(consequence: Consequence) -> None:
    for listener in _listeners:
        listener(consequence)
