"""Higher packages listen to steps here; what they write shares the step's transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from huiyin.kernel.memo import Memo

if TYPE_CHECKING:
    from huiyin.directory.models import Organisation
    from huiyin.matters.models import Step
    from huiyin.matters.table import Party, Transition


@dataclass(frozen=True, slots=True)
class Told:
    """A member of staff who is to be reminded, as ``audience``; ``stands_in`` when nobody holds
    that role."""

    staff_id: UUID
    audience: Party
    stands_in: bool = False


@dataclass(slots=True)
class Reminder:
    """Who is to be told that a clock has reached a rung of its ladder; without objects of rows,
    since there may be thousands in one transaction."""

    alarm: str
    at: datetime
    # The clock, its last day, the level, the round.
    data: dict[str, Any]
    # As the database writes it.
    matter_id: str
    code: str
    kind: str
    organisation: Organisation
    state: str
    next_due_at: datetime | None
    # Names the clock and the rung of its ladder: whoever was told of it once is told no more.
    reason: str
    told: tuple[Told, ...]
    # The parties for which nobody at all is on duty.
    nobody: tuple[Party, ...]


Listener = Callable[[Sequence["Step"], "Transition", Memo], None]
ReminderListener = Callable[[Sequence[Reminder]], None]

_listeners: list[Listener] = []
_reminder_listeners: list[ReminderListener] = []


def on_step(listener: Listener) -> None:
    """Call ``listener`` inside the transaction of every step, with all steps that were taken
    together by the same row of the table; to be used in ``AppConfig.ready``."""
    if listener not in _listeners:
        _listeners.append(listener)


def on_reminders(listener: ReminderListener) -> None:
    """Call ``listener`` with the sweeper's reminders, many at once, inside their transaction."""
    if listener not in _reminder_listeners:
        _reminder_listeners.append(listener)


def announce(steps: Sequence[Step], transition: Transition, memo: Memo) -> None:
    for listener in _listeners:
        listener(steps, transition, memo)


def announce_reminders(reminders: Sequence[Reminder]) -> None:
    for listener in _reminder_listeners:
        listener(reminders)
