"""Playing a plan through the product: services, reviews by the lane, loops, sealing, day by day.

The clock of this process stands at the moments of the period; nothing else is different from what
happens in an installation.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import count

from huiyin.conf.replay.answers import Unit
from huiyin.conf.replay.sampling import BAD, OTHER, Plan, Said
from huiyin.directory.invented import invent_offices
from huiyin.directory.models import Organisation, Region
from huiyin.indicators.services import fold_sealed
from huiyin.intake.lane import lane
from huiyin.kernel import clock
from huiyin.log.publishing import publish
from huiyin.log.sealing import seal_if_due
from huiyin.matters.models import Matter
from huiyin.matters.sweeper import put_lateness_on_record, sweep
from huiyin.notices.dispatcher import dispatch_due
from huiyin.oversight.services import fold_steps
from huiyin.reviews import events, tokens
from huiyin.reviews.models import Channel, Integrator
from huiyin.reviews.queries import current_tags
from huiyin.reviews.receipts import Receipt
from huiyin.reviews.services import Given, NewReview, add_integrator

BUREAUS = ("市场监督管理局", "人力资源和社会保障局", "自然资源和规划局", "公安局")
_ITEMS = ("营业执照变更登记", "社会保险登记", "不动产登记", "居民身份证补领")
# Published names of channels, with our sub-channel where several are one of ours.
CHANNELS: dict[str, tuple[Channel, str]] = {
    "web": (Channel.WEB, ""),
    "hall": (Channel.COUNTER_DEVICE, ""),
    "app": (Channel.MOBILE, "app"),
    "mini_program": (Channel.MOBILE, "mini_program"),
    "business_app": (Channel.MOBILE, "business_app"),
    "hotline": (Channel.HOTLINE, ""),
    "terminal": (Channel.KIOSK, ""),
    "sms": (Channel.SMS, ""),
    OTHER: (Channel.WEB, ""),
}
TOGETHER = 500
_OPENS, _HOURS = 9, 8
# Nothing of a loop takes longer: its deadline, the follow-up's thirty days and what lies between.
_LONGEST_AFTER = timedelta(days=90)


@dataclass
class Played:
    """What came of it."""

    reviews: int = 0
    matters: int = 0
    # By name of the problem; nothing should be in here.
    refused: dict[str, int] = field(default_factory=lambda: defaultdict(int))


class Stage:
    """The offices of a province, and its days."""

    def __init__(self, plan: Plan, seed: int) -> None:
        self._plan, self._seed = plan, seed
        self._number = count(1)
        self._units: list[Organisation] = []
        self._due: dict[date, list[Callable[[], None]]] = defaultdict(list)
        self._unit = Unit(plan.scenario)
        self.played = Played()

    def play(self) -> Iterator[int]:
        """Play all of it; how many reviews were given, after each group and each day."""
        scenario = self._plan.scenario
        with clock.frozen(_at(scenario.first, time(8))):
            self._units = invent_offices(BUREAUS)
            province = Region.objects.get(level=Region.Level.PROVINCE)
            integrator, _key = add_integrator(name="replay", region=province)
            tags: dict[int, list[str]] = defaultdict(list)
            for tag in current_tags().values():
                tags[tag.level].append(tag.code)
        day = scenario.first
        for today in self._plan.said(tags, self._seed):
            day = today[0].day if today else day + timedelta(days=1)
            yield from self._day(day, today, integrator)
        last = day + _LONGEST_AFTER
        while self._due and day < last:
            day += timedelta(days=1)
            yield from self._day(day, [], integrator)

    def _day(self, day: date, said: Sequence[Said], integrator: Integrator) -> Iterator[int]:
        with clock.frozen(_at(day, time(8, 30))):
            for act in self._due.pop(day, ()):
                act()
            _work()
        for start in range(0, len(said), TOGETHER):
            share = start / len(said)
            moment = _at(day, time(_OPENS)) + timedelta(hours=_HOURS * share)
            with clock.frozen(moment):
                self._give(said[start : start + TOGETHER], integrator)
            yield self.played.reviews
        with clock.frozen(_at(day, time(23))):
            _work()
            self._plan_answers(day)
            _make_public()
        yield self.played.reviews

    def _give(self, said: Sequence[Said], integrator: Integrator) -> None:
        rows = [self._served() for _one in said]
        verdicts = events.accept_events(rows, integrator)
        given = [
            Given(tokens.read((verdict.invitation or "").rsplit("/", 1)[-1]), _review(one))
            for one, verdict in zip(said, verdicts, strict=True)
        ]
        for came in lane.give_all(given):
            if isinstance(came, Receipt):
                self.played.reviews += 1
            else:
                self.played.refused[type(came).__name__] += 1

    def _served(self) -> events.NewEvent:
        number = next(self._number)
        place = number % len(self._units)
        unit = self._units[place]
        kind = place % len(BUREAUS)
        now = clock.now()
        return events.NewEvent(
            uscc=unit.uscc,
            jurisdiction=unit.region.code,
            project_no=f"REPLAY-{number}",
            task_type="20",
            item_code=f"{kind + 1:031}",
            item_name=_ITEMS[kind],
            status=3,
            service_number=1,
            occurred_at=now - timedelta(minutes=10),
            online=False,
            applicant_kind="1",
            name="无名氏",
            identity_kind="999",
            identity=f"REPLAY{number}",
            mobile=f"199{number % 100_000_000:08}",
            invite=True,
        )

    def _plan_answers(self, day: date) -> None:
        """What the units will do about the matters of this day, and when."""
        begin = _at(day, time())
        opened = Matter.objects.filter(opened_at__gte=begin, opened_at__lte=clock.now())
        for matter in opened.order_by("opened_at", "pk"):
            self.played.matters += 1
            for when, act in self._unit.road(matter, day):
                self._due[when].append(act)


def _review(one: Said) -> NewReview:
    channel, sub_channel = CHANNELS[one.channel]
    return NewReview(
        level=one.level,
        tags=(one.tag,) if one.tag or one.level in BAD else (),
        channel=channel,
        sub_channel=sub_channel,
    )


def _work() -> None:
    """What runs beside the pages: clocks that are due, and telling people."""
    while sweep():
        pass
    put_lateness_on_record()
    while dispatch_due():
        pass
    while fold_steps():
        pass


def _make_public() -> None:
    if seal_if_due():
        publish()
    while fold_sealed():
        pass


def _at(day: date, moment: time) -> datetime:
    return datetime.combine(day, moment, clock.LOCAL)
