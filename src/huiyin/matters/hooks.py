"""Higher packages listen to steps here; what they write shares the step's transaction."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from huiyin.matters.models import Step
    from huiyin.matters.table import Transition

Listener = Callable[["Step", "Transition"], None]

_listeners: list[Listener] = []


def on_step(listener: Listener) -> None:
    """Call ``listener`` inside the transaction of every step; to be used in ``AppConfig.ready``."""
    if listener not in _listeners:
        _listeners.append(listener)


def announce(step: Step, transition: Transition) -> None:
    for listener in _listeners:
        listener(step, transition)
