"""The sentences of the status page, without a database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import translation

from huiyin.matters.models import Clock, FollowUp, Matter, Reply, Step
from huiyin.matters.table import Alarm, ClockKind, Event, State
from huiyin.notices.alarms import Rung
from huiyin.web.citizen import story
from huiyin.web.citizen.story import Loop, Story

NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
UNIT = "龙泉市自然资源和规划局"
# What each step is recorded with, where it says more than that it happened.
_DATA: dict[Event, dict[str, Any]] = {
    Event.CONTACT: {"means": "call", "outcome": "no_answer", "note": "内部备注"},
    Event.VERIFY: {"facts": "内部记录"},
    Event.ASK_UNREACHABLE: {"reason": "内部理由"},
    Event.CONSENT_UNREACHABLE: {"reason": "内部理由"},
    Event.REFUSE_UNREACHABLE: {"reason": "内部理由"},
    Event.PLAN: {"root_cause": "process"},
    Event.REACH_MILESTONE: {"place": 1, "title": "内部节点"},
    Event.ADD_EVIDENCE: {"name": "内部文件.pdf"},
    Event.RETURN_REPLY: {"reason": "内部理由"},
    Event.RETURN: {"reason": "内部理由"},
    Event.HAND_ON: {"reason": "内部理由", "to_name": UNIT},
    Event.ASSIGN: {"reason": "内部理由", "to_name": UNIT},
    Event.REDIRECT: {"to_name": UNIT},
    Event.GIVE_TO: {"name": "内部姓名"},
    Event.ADD_CO_UNIT: {"task": "内部任务"},
    Event.CONTRIBUTE: {"text": "内部情况"},
    Event.STATE_SIDE: {"text": "内部说明"},
    Event.MERGE: {"lead": "内部编号"},
    Event.ASK_EXTENSION: {"reason": "内部理由"},
    Event.REFUSE_EXTENSION: {"reason": "内部理由"},
    Event.RECUSE: {"reason": "内部理由"},
    Event.ORDER: {"demand": "内部要求"},
    Event.ANSWER_ORDER: {"answer": "内部答复"},
}


@pytest.fixture(autouse=True)
def _chinese() -> Iterator[None]:
    with translation.override("zh-hans"):
        yield


def _step(event: Event, number: int = 1, in_round: int = 1, **data: Any) -> Step:
    return Step(
        event=event, number=number, round=in_round, at=NOW, data=data or _DATA.get(event, {})
    )


def _clock(kind: ClockKind, *, due: datetime, in_round: int = 1, **more: Any) -> Clock:
    return Clock(kind=kind, round=in_round, due_at=due, started_at=NOW, warn_at=NOW, **more)


def _rung(alarm: Alarm, clock: ClockKind = ClockKind.CALLBACK) -> Rung:
    """Just before everything else."""
    return Rung(NOW - timedelta(minutes=1), alarm, clock, 1, NOW.date())


def _reply(text: str, number: int = 1, in_round: int = 1) -> Reply:
    return Reply(text=text, number=number, round=in_round, result_class="solved")


def _tell(state: State = State.DELIVERED, *steps: Step, **more: Any) -> Story:
    in_matter = {
        name: more.pop(name) for name in ("round", "follow_up", "confirmed") if name in more
    }
    row = Matter(state=state, **in_matter)
    facts: dict[str, Any] = {
        "matter": row,
        "unit": UNIT,
        "first_unit": UNIT,
        "steps": steps or [_step(Event.OPEN)],
        "clocks": [],
        "alarms": [],
        "replies": [],
        "milestones_done": 0,
        "milestones": 0,
        "second_level": None,
        "now": NOW,
    }
    return story.of_loop(Loop(**(facts | more)))


@pytest.mark.parametrize("event", list(Event))
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_event_has_a_sentence_and_tells_nothing_internal(event: Event, language: str) -> None:
    with translation.override(language):
        told = _tell(State.CLOSED, _step(event))
    [item] = told.items
    assert item.title
    assert "%(" not in item.title
    assert "内部" not in item.title + item.text
    assert item.at == NOW
    chinese = any("\u4e00" <= sign <= "\u9fff" for sign in item.title.replace(UNIT, ""))
    assert chinese == (language == "zh-hans")


@pytest.mark.parametrize("alarm", list(Alarm))
@pytest.mark.parametrize("clock", list(ClockKind))
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_alarm_has_a_sentence(alarm: Alarm, clock: ClockKind, language: str) -> None:
    with translation.override(language):
        item = _tell(State.CLOSED, alarms=[_rung(alarm, clock)]).items[0]
    assert item.title
    assert "%(" not in item.title
    assert item.state == ("done" if alarm == Alarm.WARN else "late")


@pytest.mark.parametrize("state", list(State))
def test_every_state_says_where_it_stands(state: State) -> None:
    told = _tell(state, follow_up=FollowUp.ASKED if state == State.TOLD else FollowUp.NOT_ASKED)
    assert told.headline
    assert told.live == (state != State.CLOSED)
    assert [item.state for item in told.items].count("now") == (state != State.CLOSED)


def test_the_deadline_is_a_day_and_24_00() -> None:
    midnight = datetime(2026, 11, 24, 16, tzinfo=UTC)
    told = _tell(clocks=[_clock(ClockKind.CALLBACK, due=midnight)])
    assert told.headline == f"等待{UNIT}联系您"
    assert told.deadline
    assert told.deadline.words == "须在 2026年11月24日 24:00 前联系您"
    assert told.kind == "info"


def test_a_provisional_deadline_says_so() -> None:
    row = _clock(ClockKind.CALLBACK, due=NOW + timedelta(days=60), provisional=True)
    told = _tell(clocks=[row])
    assert told.deadline
    assert told.deadline.provisional


def test_a_deadline_that_passed_is_called_overdue_before_anybody_recorded_it() -> None:
    told = _tell(clocks=[_clock(ClockKind.CALLBACK, due=NOW - timedelta(hours=1))])
    assert told.deadline
    assert told.deadline.late
    assert "超期" in told.deadline.words
    assert told.kind == "warning"
    assert told.items[-4].state == "late"


def test_a_breach_stays_in_the_story_and_says_that_the_supervisor_knows() -> None:
    overdue = _rung(Alarm.BREACH)
    told = _tell(State.VERIFIED, _step(Event.VERIFY), alarms=[overdue])
    assert told.items[0].state == "late"
    assert told.items[0].title == f"{UNIT}未按期联系您"
    assert "上级" in told.items[0].text


def test_a_step_done_too_late_says_what_the_deadline_was() -> None:
    row = _clock(ClockKind.CALLBACK, due=NOW - timedelta(days=1), stopped_at=NOW)
    told = _tell(State.VERIFIED, _step(Event.VERIFY), clocks=[row])
    assert "超期" in told.items[0].text


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        ("reached", "已与您通话"),
        ("no_answer", "无人接听"),
        ("busy", "占线"),
        ("unavailable", "未能接通"),
        ("declined", "不便交谈"),
    ],
)
def test_every_attempt_to_call_tells_how_it_ended(outcome: str, words: str) -> None:
    told = _tell(State.DELIVERED, _step(Event.CONTACT, means="call", outcome=outcome))
    assert words in told.items[0].title


def test_a_message_of_the_unit_is_shown_in_full() -> None:
    step = _step(Event.CONTACT, means="message", outcome="sent", message="请回电 12345 转接。")
    told = _tell(State.DELIVERED, step)
    assert told.items[0].text == "请回电 12345 转接。"


def test_evidence_filed_piece_by_piece_is_one_point_of_the_story() -> None:
    steps = [_step(Event.OPEN), *(_step(Event.ADD_EVIDENCE, n) for n in range(2, 6))]
    told = _tell(State.RECTIFYING, *steps)
    assert [item.title for item in told.items].count(f"{UNIT}提交了整改佐证材料") == 1


def test_the_plan_says_how_far_it_is() -> None:
    told = _tell(State.RECTIFYING, milestones=5, milestones_done=2)
    assert "5" in told.detail
    assert "2" in told.detail


def test_a_draft_is_not_shown_before_it_is_told() -> None:
    draft = _reply("草稿")
    told = _tell(State.REPLY_DRAFTED, _step(Event.DRAFT_REPLY), replies=[draft])
    assert told.reply is None
    assert all(item.reply is None for item in told.items)


def test_the_citizen_is_asked_again_once_the_reply_was_told() -> None:
    reply = _reply("已增开窗口。", number=2)
    told = _tell(
        State.TOLD,
        _step(Event.TELL),
        replies=[_reply("退回的草稿"), reply],
        follow_up=FollowUp.ASKED,
        clocks=[_clock(ClockKind.FOLLOW_UP, due=NOW + timedelta(days=30))],
    )
    assert told.asks_again
    assert told.reply is reply
    assert told.items[0].reply is None  # it stands at the top of the page
    assert told.deadline
    assert "追评" in told.deadline.words


def test_the_first_reply_stays_in_the_story_when_the_second_one_holds() -> None:
    first, second = _reply("一"), _reply("二", number=2, in_round=2)
    told = _tell(
        State.CLOSED,
        _step(Event.TELL),
        _step(Event.OBJECT, 2),
        _step(Event.TELL, 3, in_round=2),
        _step(Event.CLOSE, 4, in_round=2),
        replies=[first, second],
        round=2,
        second_level=2,
    )
    assert told.reply is second
    assert [item.reply for item in told.items] == [first, None, None, None]
    assert told.items[1].level == 2
    assert not told.live


def test_only_the_citizen_makes_the_end_a_success() -> None:
    assert _tell(State.CLOSED, confirmed=True).kind == "success"
    unconfirmed = _tell(State.CLOSED)
    assert unconfirmed.kind == "info"
    assert "未经您确认" in unconfirmed.headline


def test_praise_is_recorded_then_counted() -> None:
    by = NOW + timedelta(hours=24)
    waiting = story.of_praise(accepted_at=NOW, epoch=None, counted_by=by)
    assert waiting.live
    assert waiting.items[-1].state == "next"
    counted = story.of_praise(accepted_at=NOW, epoch=12, counted_by=by)
    assert not counted.live
    assert counted.items[-1].title == "已计入公开日志第 12 期"
