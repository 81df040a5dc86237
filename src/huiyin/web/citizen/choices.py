"""What a citizen may do about an appeal, a faked rectification, or a matter they want back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from huiyin.appeals.models import Appeal, Side
from huiyin.appeals.queries import open_appeal
from huiyin.appeals.services import MAX_STATEMENTS
from huiyin.matters.models import FollowUp, Matter
from huiyin.matters.table import Event, Party, State, rows
from huiyin.web.citizen.story.past import GROUNDS


@dataclass(frozen=True)
class Hearing:
    """The unit's appeal, on which the citizen is heard."""

    unit: str
    ground: str
    statement: str
    until: datetime
    # The time to speak is over, but nothing has been decided yet.
    over: bool
    spoken: bool
    may_speak: bool


@dataclass(frozen=True)
class Choices:
    """The forms that the status page leads to beside the follow-up review."""

    hearing: Hearing | None = None
    may_report_fake: bool = False
    may_withdraw: bool = False


def of(matter: Matter | None) -> Choices:
    """What the citizen of ``matter`` may do now. Three queries at most."""
    if matter is None:
        return Choices()
    appeal = open_appeal(matter)
    return Choices(
        hearing=_hearing(appeal) if appeal and appeal.side == Side.UNIT else None,
        may_report_fake=matter.state == State.TOLD
        and matter.round == 1
        and matter.follow_up == FollowUp.ASKED
        and appeal is None,
        may_withdraw=_may_withdraw(matter),
    )


def _may_withdraw(matter: Matter) -> bool:
    withdrawals = rows(State(matter.state), Event.WITHDRAW)
    return any(Party.CITIZEN in row.by for row in withdrawals)


def _hearing(appeal: Appeal) -> Hearing:
    spoken = appeal.statements.filter(side=Side.CITIZEN).count()
    return Hearing(
        unit=str(appeal.organisation),
        ground=GROUNDS[appeal.ground](),
        statement=appeal.statement,
        until=appeal.hearing_until,
        over=not appeal.still_hears,
        spoken=spoken > 0,
        may_speak=spoken < MAX_STATEMENTS,
    )
