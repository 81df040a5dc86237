"""What invented units do about their bad reviews: as fast, and as well, as was published."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial
from typing import Any

from huiyin.calendars import queries as calendars
from huiyin.conf.replay.published import Scenario
from huiyin.directory.models import Role, Staff
from huiyin.directory.queries import staff_with
from huiyin.kernel import clock
from huiyin.matters import services as matters
from huiyin.matters.models import Matter
from huiyin.matters.plan import back_schedule
from huiyin.matters.services import PlannedMeasure, PlannedMilestone
from huiyin.matters.table import ClockKind
from huiyin.notices import services as notices
from huiyin.notices.dispatcher import dispatch_due
from huiyin.reviews import services as reviews
from huiyin.reviews.services import NewReview

_GOOD_TAG = "408"
_BAD_TAG = "110"
Act = tuple[date, Callable[[], None]]


class Unit:
    """Decides for each matter whether its answer comes in time and what the citizen says then.

    Where nothing was published, every answer comes in time and no follow-up review is given.
    """

    def __init__(self, scenario: Scenario) -> None:
        self._on_time = scenario.on_time
        self._follow_up_good = scenario.follow_up_good
        self._seen = 0

    def road(self, matter: Matter, day: date) -> Iterator[Act]:
        """What will be done about ``matter``, opened on ``day``, and when."""
        self._seen += 1
        late = _falls(self._seen, 1 - self._on_time) if self._on_time is not None else False
        due = matter.clocks.get(kind=ClockKind.RECTIFICATION).last_day
        answer_on = due + timedelta(days=2) if late else day + (due - day) // 2
        yield day + timedelta(days=1), partial(_take_up, matter)
        yield answer_on, partial(_answer, matter)
        if self._follow_up_good is not None:
            good = not _falls(self._seen, 1 - self._follow_up_good)
            yield answer_on + timedelta(days=1), partial(_rate_again, matter, good=good)


def _falls(number: int, share: float) -> bool:
    """Whether the one of this ``number`` (from 1) is among ``share`` of all, evenly spread."""
    return int(number * share) > int((number - 1) * share)


def _take_up(matter: Matter) -> None:
    """Call the citizen, establish what happened, and plan."""
    handler = _first(Role.HANDLER, matter)
    call = notices.call_citizen(matter=matter, staff=handler)
    matters.record_contact(
        **_by(handler, matter), means="call", outcome="reached", relay_reference=call.reference
    )
    matters.verify(**_by(handler, matter), facts="情况属实。")
    today, last_day = clock.today(), matter.clocks.get(kind=ClockKind.RECTIFICATION).last_day
    nodes = back_schedule(
        today=today, last_day=last_day, calendar=calendars.calendar(since=today.year)
    )
    matters.plan(
        **_by(handler, matter),
        root_cause="process",
        explanation="办理环节过多。",
        measures=[PlannedMeasure("process", "减少一个环节。")],
        milestones=[PlannedMilestone(node.title, node.due_on) for node in nodes],
    )


def _answer(matter: Matter) -> None:
    matters.draft_reply(
        **_by(_first(Role.HANDLER, matter), matter),
        result_class="planned",
        planned_for=clock.today() + timedelta(days=10),
        text="已减少一个环节，感谢您的意见。",
    )
    matters.approve_reply(**_by(_first(Role.APPROVER, matter), matter))
    # The citizen is told, which is what ends the clock.
    while dispatch_due():
        pass


def _rate_again(matter: Matter, *, good: bool) -> None:
    matter.refresh_from_db()
    token = reviews.follow_up_token(matter)
    if token is None:
        raise RuntimeError(f"the citizen of {matter.code} was not told")
    said = NewReview(level=4 if good else 1, tags=(_GOOD_TAG if good else _BAD_TAG,))
    reviews.submit(token=token, review=said)


def _first(role: Role, matter: Matter) -> Staff:
    return staff_with(role, matter.organisation)[0]


def _by(staff: Staff, matter: Matter) -> dict[str, Any]:
    """The arguments of every verb: who acts, and on which picture of the matter."""
    matter.refresh_from_db()
    return {"matter": matter, "staff": staff, "seen_version": matter.version}
