"""The demo's first day: services, citizens who rate them, one matter brought to its end.

Made through the same services as everything else; nothing here writes a row. The people and their
numbers are invented.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from huiyin.calendars import queries as calendars
from huiyin.directory.models import Organisation, Region, Role, ServiceItem
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
from huiyin.reviews.events import NewEvent, accept_events
from huiyin.reviews.models import Channel, Integrator, Review
from huiyin.reviews.services import NewReview

INTEGRATOR = "统一受理平台（演示）"
OPEN_INVITATIONS = 6

_SURNAMES = "王李张刘陈杨黄赵吴周徐孙"
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


def integrator() -> tuple[Integrator, str]:
    """The business system that pushes the demo's events, and its key."""
    return reviews.add_integrator(name=INTEGRATOR, region=_province())


def tell(pusher: Integrator) -> list[str]:
    """Let the day happen; the links of the invitations that nobody has answered yet."""
    said = [line for line, times in _GOOD for _time in range(times)]
    links = _invitations(pusher, len(said) + len(_BAD) + OPEN_INVITATIONS)
    random.Random(7).shuffle(said)
    for number, line in enumerate([*_BAD, *said]):
        _rate(next(links), line, _CHANNELS[number % len(_CHANNELS)])
    _bring_to_its_end()
    return list(links)


def _invitations(pusher: Integrator, count: int) -> Iterator[str]:
    items = list(ServiceItem.objects.select_related("organisation__region").order_by("code", "pk"))
    rows = [_event(number, items[number % len(items)]) for number in range(count)]
    for verdict in accept_events(rows, pusher):
        if verdict.invitation is None:
            raise RuntimeError(f"the demo's own event was refused: {verdict.faults}")
        yield verdict.invitation


def _event(number: int, item: ServiceItem) -> NewEvent:
    body = item.organisation
    hall = (
        Organisation.objects.filter(kind=Organisation.Kind.HALL, parent=body.parent)
        .prefetch_related("counters")
        .first()
    )
    counters = list(hall.counters.all()) if hall else []
    served = clock.now() - timedelta(minutes=20 + 7 * number)
    return NewEvent(
        uscc=body.uscc,
        jurisdiction=body.region.code,
        project_no=f"{body.region.code[:6]}26{number:06}",
        task_type="20",
        item_code=item.code,
        item_name=item.name,
        status=3,
        service_number=1,
        occurred_at=served,
        accepted_on=served - timedelta(days=3),
        finished_on=served,
        online=not counters,
        applicant_kind="1",
        name=f"{_SURNAMES[number % len(_SURNAMES)]}演示",
        identity_kind="111",
        identity=f"33010619900101{number:04}",
        mobile=f"1380000{number:04}",
        title=item.name,
        node_name="办结",
        hall_name=hall.name if hall else "",
        counter_number=counters[number % len(counters)].number if counters else "",
        invite=True,
    )


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


def _province() -> Region:
    return Region.objects.get(level=Region.Level.PROVINCE)
