"""What a story is told from, and what it is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from huiyin.matters.models import Clock, Matter, Reply, Step
from huiyin.matters.queries import answered_rounds
from huiyin.matters.table import ClockKind, Event
from huiyin.notices.alarms import Rung


@dataclass(frozen=True)
class Deadline:
    """A deadline as a sentence, such as “To contact you by 24 Nov 2026, 24:00”."""

    words: str
    late: bool = False
    # Computed with a calendar whose holidays were not yet announced.
    provisional: bool = False


@dataclass(frozen=True)
class Item:
    """One point of the timeline; the field names are those of components/timeline.html."""

    title: str
    state: str = "done"
    at: datetime | None = None
    text: str = ""
    deadline: Deadline | None = None
    reply: Reply | None = None
    level: int | None = None

    @property
    def template(self) -> str:
        return "citizen/item.html" if self.deadline or self.reply or self.level else ""

    @property
    def data(self) -> Item:
        return self


@dataclass(frozen=True)
class Story:
    """What the status page tells of a review."""

    items: tuple[Item, ...]
    # The page's first sentence: where it stands now. ``kind`` is that of components/banner.html.
    headline: str
    detail: str = ""
    deadline: Deadline | None = None
    kind: str = "info"
    # The reply that holds now.
    reply: Reply | None = None
    asks_again: bool = False
    # Whether a unit owes the citizen something: the story of a bad review.
    owes: bool = True
    # Whether something can still happen, so that looking again makes sense.
    live: bool = True


# Where a step names a body.
NAMES = ("to_name", "unit_name", "arbiter_name")


@dataclass(frozen=True)
class Loop:
    """Everything the story of a matter is told from."""

    matter: Matter
    # The unit in charge, and the one the review reached first.
    unit: str
    first_unit: str
    steps: Sequence[Step]
    clocks: Sequence[Clock]
    alarms: Sequence[Rung]
    replies: Sequence[Reply]
    milestones_done: int
    milestones: int
    second_level: int | None
    now: datetime
    # Of bodies, as they stand in the steps, in the reader's words.
    names: Mapping[str, str] = field(default_factory=dict)
    # On site few leave a number; then nobody can contact them but on this page.
    has_number: bool = True

    def named(self, step: Step, key: str) -> str:
        """The body that ``step`` names under ``key``; empty when it names none."""
        recorded = str(step.data.get(key, ""))
        return self.names.get(recorded, recorded)

    def clock(self, kind: ClockKind, in_round: int | None = None) -> Clock | None:
        wanted = (kind, self.matter.round if in_round is None else in_round)
        return next((row for row in self.clocks if (row.kind, row.round) == wanted), None)

    def reply(self, in_round: int) -> Reply | None:
        """The reply of a round that was told, or is being told: the last one written in it."""
        written = [reply for reply in self.replies if reply.round == in_round]
        return max(written, key=lambda reply: reply.number, default=None)

    @property
    def told_rounds(self) -> list[int]:
        return answered_rounds(self.steps)

    @property
    def awaited_ruling(self) -> Clock | None:
        """The clock of an appeal that is not decided, in whatever round it began."""
        return next(
            (row for row in self.clocks if row.kind == ClockKind.RULING and row.stopped_at is None),
            None,
        )

    @property
    def voided(self) -> bool:
        return any(step.event == Event.VOID for step in self.steps)
