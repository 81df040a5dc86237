"""Higher packages take messages that are theirs here, and hear what became of their own.

A taker is asked outside of any transaction, since what it does may be stored by somebody else (a
review by the lane). It may be asked again about the same message when a process died in between.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from huiyin.matters.models import Matter
    from huiyin.notices.sms.models import DeliveryReceipt, InboundSms


@dataclass(frozen=True)
class Incoming:
    """A message of a citizen that was not sent to the digits of a matter.

    ``extension``: the digits that stand behind our number in its recipient. ``reference``: the same
    when the message is handed over again. ``matter_open``: an open matter may be meant, which we
    wrote about last at ``wrote_at``.
    """

    number_hash: bytes
    extension: str
    text: str
    reference: str
    matter_open: bool
    wrote_at: datetime | None


@dataclass(frozen=True)
class Taken:
    """What became of a message. It is written to the ``matter`` if there is one; with ``go_on`` the
    matters of its sender hear of it as if nobody had taken it."""

    outcome: InboundSms.Outcome
    matter: Matter | None = None
    go_on: bool = False


Taker = Callable[[Incoming], Taken | None]
Listener = Callable[[str, "DeliveryReceipt.Outcome"], None]

_takers: list[Taker] = []
_listeners: list[Listener] = []


def on_message(taker: Taker) -> None:
    """Let ``taker`` have messages before they are given to a matter; it returns None for those that
    are not its own. To be used in ``AppConfig.ready``."""
    if taker not in _takers:
        _takers.append(taker)


def on_receipt(listener: Listener) -> None:
    """Call ``listener`` with our name of a message and what its receipts say for good; inside the
    transaction that stores them."""
    if listener not in _listeners:
        _listeners.append(listener)


def offer(message: Incoming) -> Taken | None:
    for taker in _takers:
        taken = taker(message)
        if taken is not None:
            return taken
    return None


def came_of(message: str, outcome: DeliveryReceipt.Outcome) -> None:
    for listener in _listeners:
        listener(message, outcome)
