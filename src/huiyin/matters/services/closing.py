"""追评 and 办结: the citizen's last word, and closing by the closing rule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from huiyin.kernel import clock
from huiyin.matters import engine
from huiyin.matters.models import FollowUp, Matter, ResultClass
from huiyin.matters.services.input import text_of
from huiyin.matters.table import Event, Party, State


def follow_up(*, matter: Matter, satisfied: bool, public: Mapping[str, Any]) -> None:
    """Take over the citizen's follow-up review: confirmed and closed, or reopened once.

    Belongs into the transaction that stores that review. Raises ``Refused`` when it is not open.
    """
    matter = engine.lock(matter)
    reopens = not satisfied and matter.round == 1

    def change(changed: Matter) -> None:
        changed.follow_up, changed.confirmed = FollowUp.ANSWERED, satisfied
        if reopens:
            changed.result_class = ""
            changed.told_at = None

    event = Event.CONFIRM if satisfied else Event.OBJECT
    engine.take(matter, event, party=Party.CITIZEN, public=public, change=change)
    close_when_done(matter)


@transaction.atomic
def decline_follow_up(*, matter: Matter) -> None:
    """The citizen does not want to rate again; the matter closes, unconfirmed."""
    matter = engine.lock(matter)

    def change(changed: Matter) -> None:
        changed.follow_up = FollowUp.DECLINED

    engine.take(matter, Event.DECLINE_FOLLOW_UP, party=Party.CITIZEN, change=change)
    close_when_done(matter)


@transaction.atomic
def withdraw(*, matter: Matter, reason: str = "") -> None:
    """The citizen takes the matter back; the review stays as it is, and counts.

    The citizen's own act is the result, and whoever did it needs no telling. Raises ``NotNow``.
    """
    reason = text_of(reason, "reason", needed=False)
    matter = engine.lock(matter)

    def change(changed: Matter) -> None:
        changed.result_class = ResultClass.WITHDRAWN
        changed.told_at = clock.now()
        changed.follow_up = FollowUp.DECLINED

    engine.take(
        matter,
        Event.WITHDRAW,
        party=Party.CITIZEN,
        data={"reason": reason},
        private={"reason": reason},
        change=change,
    )
    close_when_done(matter)


def close_when_done(matter: Matter) -> None:
    """Close the locked ``matter`` when the closing rule allows it.

    What still runs (an appeal, a supervision order) closes it when it ends.
    """
    waiting = matter.follow_up in (FollowUp.NOT_ASKED, FollowUp.ASKED)
    still_runs = matter.clocks.filter(stopped_at__isnull=True).exists()
    if matter.state == State.TOLD and not waiting and not still_runs:
        _close(matter)


def _close(matter: Matter) -> None:
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
