"""追评 and 办结: the citizen's last word, and closing by the closing rule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from huiyin.kernel import clock
from huiyin.matters import engine
from huiyin.matters.models import FollowUp, Matter
from huiyin.matters.table import Event, Party


def follow_up(*, matter: Matter, satisfied: bool, public: Mapping[str, Any]) -> None:
    """Take over the citizen's follow-up review: confirmed and closed, or reopened once.

    Belongs into the transaction that stores that review. Raises ``Refused`` when it is not open.
    """
    matter = engine.lock(matter)

    def change(changed: Matter) -> None:
        changed.follow_up, changed.confirmed = FollowUp.ANSWERED, satisfied
        if not satisfied:
            changed.result_class = ""
            changed.told_at = None

    event = Event.CONFIRM if satisfied else Event.OBJECT
    engine.take(matter, event, party=Party.CITIZEN, public=public, change=change)
    if satisfied:
        close(matter)


@transaction.atomic
def decline_follow_up(*, matter: Matter) -> None:
    """The citizen does not want to rate again; the matter closes, unconfirmed."""
    matter = engine.lock(matter)

    def change(changed: Matter) -> None:
        changed.follow_up = FollowUp.DECLINED

    engine.take(matter, Event.DECLINE_FOLLOW_UP, party=Party.CITIZEN, change=change)
    close(matter)


def close(matter: Matter) -> None:
    """Close by the closing rule; the table's guard refuses anything less."""

    def change(changed: Matter) -> None:
        changed.closed_at = clock.now()

    engine.take(
        matter,
        Event.CLOSE,
        party=Party.PLATFORM,
        public={
            "result_class": matter.result_class,
            "confirmed": matter.confirmed,
            "unreachable": matter.unreachable,
            "follow_up": matter.follow_up,
        },
        change=change,
    )
