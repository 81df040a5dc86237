"""The demo's first day: citizens who rate, and one matter brought to its end.

Made through the same services as everything else; nothing here writes a row. What the citizens and
the staff say is invented.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from huiyin.calendars import queries as calendars
from huiyin.conf import demo_events
from huiyin.directory.models import Role
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
from huiyin.reviews.models import Channel, Review
from huiyin.reviews.services import NewReview

# Citizens who were served and say nothing: they count as unrated.
_SILENT = 9
_CHANNELS = (Channel.WEB, Channel.MOBILE, Channel.SMS)


@dataclass(frozen=True)
class _Said:
    level: int
    tags: tuple[str, ...] = ()
    text: str = ""
    hidden: bool = False


# What the demo's citizens say, with how often; the bad ones are said once each.
_GOOD = (
    (_Said(5, ("513", "517")), 12),
    (_Said(5, ("510",), "一个窗口就办好了，谢谢。"), 6),
    (_Said(5, ("514",)), 8),
    (_Said(4, ("410", "413")), 6),
    (_Said(4, ("408",), "材料清单写得很清楚。"), 3),
    (_Said(3, ("314",)), 5),
)
_BAD = (
    _Said(1, ("115", "113"), "跑了三个窗口，排了两个小时队，最后说还缺一份材料。"),
    _Said(2, ("212",), "网上预约了上午九点，到了大厅还要重新取号。", hidden=True),
    _Said(2, ("208",), "没有人告诉我要带什么材料，电话13800001234也没人回。"),
)


def tell() -> None:
    """Let the demo's first citizens rate, once; afterwards this does nothing."""
    if Review.objects.exists():
        return
    said = [line for line, times in _GOOD for _time in range(times)]
    random.Random(7).shuffle(said)  # noqa: S311  (a demo, not a secret)
    everything = [*_BAD, *said]
    links = demo_events.serve(len(everything) + _SILENT)
    for number, line in enumerate(everything):
        _rate(links[number], line, _CHANNELS[number % len(_CHANNELS)])
    _bring_to_its_end()


def _rate(link: str, said: _Said, channel: Channel) -> None:
    token = link.rsplit("/", 1)[-1]
    reviews.submit(
        token=token,
        review=NewReview(
            level=said.level,
            tags=said.tags,
            text=said.text,
            hide_name_from_public=said.hidden,
            channel=channel,
        ),
    )


def _bring_to_its_end() -> None:
    """Walk the first bad review's matter along the main road, so that one story can be read."""
    first = Review.objects.filter(level__lte=2).order_by("accepted_at").first()
    if first is None:
        return
    matter = Matter.objects.get(subject_id=first.pk)
    handler = staff_with(Role.HANDLER, matter.organisation)[0]
    approver = staff_with(Role.APPROVER, matter.organisation)[0]

    def version() -> int:
        matter.refresh_from_db()
        return matter.version

    call = notices.call_citizen(matter=matter, staff=handler)
    matters.record_contact(
        matter=matter, staff=handler, seen_version=version(), means="call", outcome="reached",
        relay_reference=call.reference, note="已致歉，核实了当天经过。",
    )  # fmt: skip
    matters.verify(
        matter=matter, staff=handler, seen_version=version(),
        facts="当天导办岗缺人，三个窗口说法不一，情况属实。",
    )  # fmt: skip
    last_day = matter.clocks.get(kind=ClockKind.RECTIFICATION).last_day
    today = clock.today()
    nodes = back_schedule(
        today=today, last_day=last_day, calendar=calendars.calendar(since=today.year)
    )
    matters.plan(
        matter=matter, staff=handler, seen_version=version(), root_cause="process",
        explanation="窗口之间没有统一的材料清单，导办岗没有替班。",
        measures=[
            PlannedMeasure("process", "三个窗口使用同一份材料清单，并在大厅和网上公布。"),
            PlannedMeasure("training", "本周内对窗口人员逐项培训。"),
        ],
        milestones=[PlannedMilestone(node.title, node.due_on) for node in nodes],
    )  # fmt: skip
    matters.draft_reply(
        matter=matter, staff=handler, seen_version=version(), result_class="planned",
        planned_for=last_day,
        text="让您多跑了窗口，对不起。三个窗口现已使用同一份材料清单，导办岗安排了替班，"
        "人员培训将在计划日期前完成。您的材料已经齐全，无需再来大厅。",
    )  # fmt: skip
    matters.approve_reply(matter=matter, staff=approver, seen_version=version())
    while dispatcher.dispatch_due():
        pass
    matter.refresh_from_db()
    follow_up = reviews.follow_up_token(matter)
    if follow_up:
        reviews.submit(
            token=follow_up, review=NewReview(level=4, text="当天就回了电话，材料也一次说清了。")
        )
