"""What this channel asks of the ladder of invitations, and what it tells it; nothing else."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from huiyin.directory.models import Staff
from huiyin.intake.channels.hotline.models import Outcome


class Due(NamedTuple):
    """A rung of the ladder that is a call, and is due."""

    plan_id: UUID
    event_id: UUID
    organisation_id: UUID
    due_at: datetime


def due(limit: int) -> list[Due]:
    return []


def done(plan_id: UUID, outcome: Outcome) -> None:
    """Tell the ladder how the call ended for good."""


def opted_out(number_hashes: Collection[bytes]) -> set[bytes]:
    return set()


def opt_out(number_hash: bytes, *, staff: Staff | None) -> None:
    """They want no more invitations."""


def open_events(number_hash: bytes) -> Iterable[UUID]:
    return []
