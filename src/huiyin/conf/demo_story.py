"""The demo's first day: citizens who rate, and matters in every stage of the loop.

Made through the same services as everything else; nothing here writes a row. What the citizens and
the staff say is invented.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from huiyin.calendars import queries as calendars
from huiyin.conf import demo_events
from huiyin.directory.models import Role, Staff
from huiyin.directory.queries import staff_with
from huiyin.kernel import clock
from huiyin.matters import services as matters
from huiyin.matters.models import Matter
from huiyin.matters.plan import back_schedule
from huiyin.matters.services import PlannedMeasure, PlannedMilestone
from huiyin.matters.table import ClockKind
from huiyin.notices import dispatcher
from huiyin.notices import services as notices
from huiyin.reviews import services as reviews
from huiyin.reviews.models import Channel, Review, ReviewContent
from huiyin.reviews.services import NewReview

# Citizens who were served and say nothing: they count as unrated.
_SILENT = 11
_CHANNELS = (Channel.WEB, Channel.MOBILE, Channel.SMS)


@dataclass(frozen=True)
class _Said:
    level: int
    tags: tuple[str, ...] = ()
    text: str = ""
    hidden: bool = False


@dataclass(frozen=True)
class _Answer:
    """What a unit finds and replies, and what the citizen says to it (None: nothing yet)."""

    facts: str
    root_cause: str
    measure: str
    reply: str
    follow_up: _Said | None


_GOOD = (
    (_Said(5, ("513", "517")), 16),
    (_Said(5, ("510",), "一个窗口就办好了，谢谢。"), 9),
    (_Said(5, ("514",)), 13),
    (_Said(5, ("512",), "没想到不用再开证明了。"), 5),
    (_Said(4, ("410", "413")), 10),
    (_Said(4, ("408",), "材料清单写得很清楚。"), 6),
    (_Said(3, ("314",)), 8),
)
_ANSWERED = (
    (
        _Said(1, ("115", "113"), "跑了三个窗口，排了两个小时队，最后说还缺一份材料。"),
        _Answer(
            "当天导办岗缺人，三个窗口说法不一，情况属实。",
            "process",
            "三个窗口使用同一份材料清单，并在大厅和网上公布。",
            "让您多跑了窗口，对不起。三个窗口现已使用同一份材料清单，导办岗安排了替班。"
            "您的材料已经齐全，无需再来大厅。",
            _Said(4, (), "当天就回了电话，材料也一次说清了。"),
        ),
    ),
    (
        _Said(2, ("212",), "网上预约了上午九点，到了大厅还要重新取号。", hidden=True),
        _Answer(
            "预约系统与叫号机未联通，情况属实。",
            "system",
            "预约码可直接在叫号机上签到。",
            "预约与叫号现已联通，到大厅扫预约码即可签到，不必重新取号。",
            _Said(5, ("513",), "今天再去试了，扫码就签到了。"),
        ),
    ),
    (
        _Said(2, ("207",), "网上没有填写样本，来回改了三次。"),
        _Answer(
            "办事指南未附样本，情况属实。",
            "information",
            "全部事项补充填写样本，每月核对一次。",
            "填写样本已在办事指南中补齐，您的申请已按现有材料受理。",
            _Said(4, (), "样本很清楚。"),
        ),
    ),
    (
        _Said(1, ("110",), "说好五个工作日，过了十天还没有结果。"),
        _Answer(
            "经办人出差期间无人接办，超期三个工作日，情况属实。",
            "staffing",
            "实行双人互备，临期自动提醒。",
            "您的事项已于今日办结，结果会寄送给您。今后每个岗位都有替岗人员。",
            _Said(3, ("309",)),
        ),
    ),
    (
        _Said(2, ("214",), "问了两句就不耐烦，让我自己看墙上的说明。"),
        _Answer(
            "调看当天服务记录并回访，情况属实。",
            "attitude",
            "当事窗口人员参加服务规范培训，组长跟班一周。",
            "窗口人员态度生硬，向您道歉。已安排培训和跟班，欢迎您继续监督。",
            _Said(4, (), "电话里道了歉，可以接受。"),
        ),
    ),
    (
        _Said(2, ("213",), "两个人给的说法不一样，最后还是打电话问到的。"),
        _Answer(
            "新到岗人员不熟悉流程，情况属实。",
            "knowledge",
            "新人上岗前通过事项考核。",
            "该事项的办理口径已统一并公布，新到岗人员考核合格后方可单独受理。",
            None,
        ),
    ),
)
_WAITING = (
    _Said(2, ("208",), "没有人告诉我要带什么材料，电话13800001234也没人回。"),
    _Said(1, ("114",), "说只跑一次，已经来了四次。"),
    _Said(2, ("211",), "网上显示可以办，提交后一直报错。", hidden=True),
)


def tell() -> None:
    """Let the demo's first citizens rate, once; afterwards this does nothing."""
    if Review.objects.exists():
        return
    good = [line for line, times in _GOOD for _time in range(times)]
    random.Random(7).shuffle(good)  # noqa: S311  (a demo, not a secret)
    everything = [*_WAITING, *(said for said, _answer in _ANSWERED), *good]
    links = demo_events.serve(len(everything) + _SILENT)
    for number, line in enumerate(everything):
        _rate(links[number], line, _CHANNELS[number % len(_CHANNELS)])
    _deliver_everything()
    answered = [_answer_to(said, answer) for said, answer in _ANSWERED]
    _deliver_everything()
    for matter, answer in answered:
        if answer.follow_up:
            _rate_again(matter, answer.follow_up)
    _deliver_everything()
    for matter, _answer in answered:
        _read(matter)


def _rate(link: str, said: _Said, channel: Channel) -> None:
    reviews.submit(
        token=link.rsplit("/", 1)[-1],
        review=NewReview(
            level=said.level,
            tags=said.tags,
            text=said.text,
            hide_name_from_public=said.hidden,
            channel=channel,
        ),
    )


def _rate_again(matter: Matter, said: _Said) -> None:
    matter.refresh_from_db()
    token = reviews.follow_up_token(matter)
    if token is None:
        raise RuntimeError(f"the demo's matter {matter.code} was not told")
    reviews.submit(token=token, review=NewReview(level=said.level, tags=said.tags, text=said.text))


def _answer_to(said: _Said, answer: _Answer) -> tuple[Matter, _Answer]:
    """Walk the matter that ``said`` opened along the main road, up to the approved reply."""
    content = ReviewContent.objects.get(text=said.text)
    matter = Matter.objects.get(subject_id=content.review_id)
    handler = staff_with(Role.HANDLER, matter.organisation)[0]
    approver = staff_with(Role.APPROVER, matter.organisation)[0]
    call = notices.call_citizen(matter=matter, staff=handler)
    matters.record_contact(
        **_by(handler, matter), means="call", outcome="reached", relay_reference=call.reference
    )
    matters.verify(**_by(handler, matter), facts=answer.facts)
    matters.plan(
        **_by(handler, matter),
        root_cause=answer.root_cause,
        explanation=answer.facts,
        measures=[PlannedMeasure("process", answer.measure)],
        milestones=_milestones(matter),
    )
    matters.draft_reply(
        **_by(handler, matter),
        result_class="planned",
        planned_for=matter.clocks.get(kind=ClockKind.RECTIFICATION).last_day,
        text=answer.reply,
    )
    matters.approve_reply(**_by(approver, matter))
    return matter, answer


def _read(matter: Matter) -> None:
    """Those who acted have seen what they were told."""
    for role in (Role.HANDLER, Role.APPROVER, Role.SUPERVISOR):
        for staff in staff_with(role, matter.organisation):
            notices.mark_read(staff=staff, matter=matter)


def _by(staff: Staff, matter: Matter) -> dict[str, Any]:
    """The arguments of every verb: who acts, and on which picture of the matter."""
    matter.refresh_from_db()
    return {"matter": matter, "staff": staff, "seen_version": matter.version}


def _milestones(matter: Matter) -> list[PlannedMilestone]:
    last_day = matter.clocks.get(kind=ClockKind.RECTIFICATION).last_day
    today = clock.today()
    nodes = back_schedule(
        today=today, last_day=last_day, calendar=calendars.calendar(since=today.year)
    )
    return [PlannedMilestone(node.title, node.due_on) for node in nodes]


def _deliver_everything() -> None:
    while dispatcher.dispatch_due():
        pass
