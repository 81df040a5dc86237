"""What a transport is. Add one: a folder beside this file, a class, a line in ``registry.py``."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from huiyin.notices.models import InboxItem, Outbox


@dataclass(frozen=True)
class Result:
    """What came of one try. ``error`` is a few words of ours: no address, no secret, no name."""

    delivered: bool
    error: str = ""
    status_code: int | None = None
    # Trying again cannot help: it is the recipient or the message that is refused, and no sign that
    # the transport is down.
    permanent: bool = False
    # Not tried at all, or told to come back: it waits for so long and loses no try.
    later: timedelta | None = None
    # What the other side calls it, if it says so (at most 64 characters); receipts name it.
    reference: str = ""


Send = Callable[[], Result]


class LocalTransport(ABC):
    """Delivers into our own database: in the transaction that records it, so exactly once."""

    code: ClassVar[str]

    @abstractmethod
    def deliver(self, notices: Sequence[Outbox]) -> list[InboxItem]:
        """Deliver all of ``notices`` in a fixed number of queries."""


class RemoteTransport(ABC):
    """Delivers to somebody else: at least once, under the same delivery key each time."""

    code: ClassVar[str]
    # How many sends may be under way at once, in all and to one endpoint. What one endpoint may
    # hold is less than the whole, so that a slow one leaves room for the others.
    width: ClassVar[int]
    endpoint_width: ClassVar[int]
    # How many notices to one endpoint may leave as one message, where one has to be sparing.
    merges: ClassVar[int] = 1
    # What it can do beside telling; what it cannot is never asked of it.
    actions: ClassVar[frozenset[str]] = frozenset({Outbox.Action.TELL})

    def is_set_up(self) -> bool:
        """Whether this installation has what the transport needs; else nobody is told by it."""
        return True

    @abstractmethod
    def prepare(self, notice: Outbox) -> Send:
        """Read what sending ``notice`` needs; the function returned touches no database, runs in
        another thread, and ends well before the dispatcher's lease does."""

    def prepare_together(self, notices: Sequence[Outbox]) -> Send:
        """The same for notices that leave as one message, up to ``merges`` to one endpoint; what
        comes of it holds for each of them."""
        [notice] = notices
        return self.prepare(notice)

    def settle(self, notice: Outbox, result: Result) -> None:  # noqa: B027 - most need nothing
        """What else follows from a delivery; in the transaction that records it."""

    def postpone(self, notice: Outbox, result: Result) -> None:  # noqa: B027 - most need nothing
        """What else follows when ``notice`` has to come again later; in the transaction that notes
        it."""

    def give_up(self, notice: Outbox) -> None:  # noqa: B027 - most need nothing
        """What follows when ``notice`` becomes a dead letter; in the transaction that says so."""
