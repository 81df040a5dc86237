"""Small builders for tests: who and where, events as systems push them, matters in any state.

Everything is made through the product's own services, so that a test never stands on rows that the
product could not have written. Names and numbers are new at each call.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from huiyin.calendars import queries as calendars
from huiyin.calendars.arithmetic import Unit
from huiyin.directory import codes
from huiyin.directory import services as directory
from huiyin.directory.models import Counter, Organisation, Region, Role, ServiceItem, Staff
from huiyin.intake.events.services import take_in
from huiyin.kernel import clock
from huiyin.kernel.uploads import AcceptedFile
from huiyin.matters import clocks, plan
from huiyin.matters import services as matters
from huiyin.matters.models import Clock, ContactAttempt, Matter
from huiyin.matters.services import PlannedMeasure, PlannedMilestone
from huiyin.matters.table import ClockKind, State
from huiyin.reviews import services as reviews
from huiyin.reviews.models import Integrator, Place, ServiceEvent
from huiyin.reviews.receipts import Receipt
from huiyin.reviews.services import NewReview

PASSWORD = "correct horse battery"
PROVINCE, PREFECTURE, COUNTY = "330000000000", "330100000000", "330106000000"
MOBILE, IDENTITY, NAME = "13800001234", "330106199001011234", "张三丰"

_serial = itertools.count(1)


def reference_data() -> None:
    """Divisions, the default policy and the tag list; safe to call again."""
    if not Region.objects.exists():
        directory.seed_regions()
    matters.seed_policies()
    reviews.seed_tags()


def region(code: str = COUNTY) -> Region:
    """A division of Zhejiang by its 12-digit code; by default Xihu District in Hangzhou."""
    reference_data()
    return Region.objects.get(code=code)


def uscc(serial: int | None = None, *, region_code: str = COUNTY) -> str:
    """A valid unified social credit code that is nobody's."""
    body = f"XXX{serial if serial is not None else next(_serial):05}"
    body += codes.organisation_code_check_character(body)
    body = f"11{region_code[:6]}{body}"
    return body + codes.uscc_check_character(body)


def organisation(
    name: str = "",
    *,
    at: Region | None = None,
    parent: Organisation | None = None,
    kind: str = Organisation.Kind.DEPARTMENT,
) -> Organisation:
    at = at or region()
    code = uscc(region_code=at.code)
    return Organisation.objects.create(
        uscc=code, name=name or f"测试机构{code[-5:]}", kind=kind, region=at, parent=parent
    )


def counter(hall: Organisation | None = None, number: str = "12") -> Counter:
    hall = hall or organisation("测试大厅", kind=Organisation.Kind.HALL)
    return Counter.objects.create(organisation=hall, number=number)


def item(owner: Organisation | None = None, name: str = "社会保障卡申领") -> ServiceItem:
    owner = owner or organisation()
    return ServiceItem.objects.create(
        organisation=owner, code=f"{owner.uscc}{next(_serial):013}", name=name
    )


def staff(
    role: Role = Role.HANDLER,
    *,
    of: Organisation | None = None,
    over: Region | None = None,
    username: str = "",
) -> Staff:
    """Somebody with a duty over their organisation ``of``, or over the region ``over``."""
    of = of or organisation()
    username = username or f"{role.value}-{next(_serial)}"
    someone = directory.add_staff(
        username=username,
        display_name=f"工作人员{next(_serial)}",
        organisation=of,
        password=PASSWORD,
        role=role,
        region=over,
    )
    # Tests that hold the clock at a day of their own find them on duty, too.
    someone.duties.update(starts_on=date(2020, 1, 1))
    return someone


def colleague(of: Organisation) -> Staff:
    """Somebody who works in ``of`` and has no duty."""
    someone = staff(of=of, username=f"colleague-{next(_serial)}")
    someone.duties.all().delete()
    return someone


def integrator(at: Region | None = None, name: str = "") -> tuple[Integrator, str]:
    """A business system and its key; by default it may push for the whole province."""
    return reviews.add_integrator(
        name=name or f"测试系统{next(_serial)}", region=at or region(PROVINCE)
    )


def event_row(of: Organisation, **changes: Any) -> dict[str, Any]:
    """A faultless event as a business system sends it, in the national table's field names.

    A change to None takes the field out.
    """
    number = next(_serial)
    served = clock.local(clock.now() - timedelta(hours=1)).strftime("%Y-%m-%d %H:%M:%S")
    row = {
        "areaCode": of.region.code,
        "deptCode": of.uscc,
        "orgcode": f"{of.region.code}_{of.uscc}",
        "orgName": of.name,
        "taskType": "20",
        "taskCode": f"{of.uscc}2000000000001",
        "taskName": "社会保障卡申领",
        "projectNo": f"TEST{number:012}",
        "projectName": f"{NAME}的社会保障卡申领",
        "projectType": "1",
        "proStatus": "3",
        "proChannel": "2",
        "acceptDate": served,
        "resultDate": served,
        "serviceName": "办结",
        "serviceNumber": "1",
        "serviceTime": served,
        "hallName": "测试大厅",
        "window": "12",
        "proManager": "李经办",
        "userProp": "1",
        "userName": NAME,
        "userPageType": "111",
        "certKey": IDENTITY,
        "mobile": MOBILE,
        "dataSource": "133",
        "appMark": "test",
    } | changes
    return {name: value for name, value in row.items() if value is not None}


def event(of: Organisation | None = None, **changes: Any) -> ServiceEvent:
    """An accepted service event with its case; ``changes`` are fields of the row it came as."""
    of = of or organisation()
    pusher, _key = integrator()
    [verdict] = take_in([event_row(of, **changes)], pusher)
    assert verdict.event, verdict
    return ServiceEvent.objects.select_related("case", "organisation").get(pk=verdict.event)


def token(of: ServiceEvent | None = None) -> str:
    """The invitation token of an event."""
    return reviews.token_of(reviews.invite(of or event()))


def place(of: Organisation | None = None, kind: str = "qr", **of_it: Any) -> Place:
    """Where citizens rate on the spot, at a counter of a hall."""
    unit = of or organisation()
    return reviews.add_place(
        **({"kind": kind, "organisation": unit, "label": "A01 综合窗口"} | of_it)
    )


def visit(of: Place | None = None) -> str:
    """The token of somebody on the spot."""
    return reviews.visit_token(of or place(), 600)


def review(of: ServiceEvent | None = None, **said: Any) -> Receipt:
    """Submit a review of an event; by default a good one with no text."""
    return reviews.submit(token=token(of), review=NewReview(**({"level": 5} | said)))


@dataclass
class Loop:
    """A bad review's loop with everybody who plays in it."""

    organisation: Organisation
    handler: Staff
    approver: Staff
    supervisor: Staff
    arbiter: Staff
    event: ServiceEvent
    receipt: Receipt
    matter: Matter
    # Whose work the review is about; no duty at all.
    clerk: Staff
    # Handles the unit next door, under the same superior.
    neighbour: Organisation
    joint_handler: Staff
    outsider: Staff = field(repr=False)

    def again(self) -> Matter:
        """The matter as it stands now."""
        self.matter = Matter.objects.select_related("organisation__region", "policy").get(
            pk=self.matter.pk
        )
        return self.matter

    def now(self, who: Staff) -> dict[str, Any]:
        """The arguments that every verb of staff takes."""
        return {"matter": self.again(), "staff": who, "seen_version": self.matter.version}


def loop(
    state: State = State.DELIVERED, *, in_round: int = 1, joint: bool = False, **said: Any
) -> Loop:
    """A matter in ``state``, brought there by the verbs alone; ``said`` is the bad review.

    ``joint``: the unit next door has been asked to join in.
    """
    # Attempts to reach somebody count when they lie hours apart.
    back = timedelta(hours=8) if state == State.UNREACHABLE_ASKED else timedelta()
    with clock.frozen(clock.now() - back):
        made = _opened(said, wrong_unit=state == State.RETURNED)
    if joint:
        matters.add_co_unit(**made.now(made.supervisor), unit=made.neighbour, task="请协助核查。")
    if state == State.RETURNED:
        matters.return_matter(**made.now(made.handler), reason="不属于本单位职责。")
        made.again()
        return made
    if state == State.UNREACHABLE_ASKED:
        _ask_unreachable(made)
        return made
    for step, reached in _ROAD[: _place(state, in_round)]:
        step(made)
        assert made.again().state == reached
    return made


def bad_review(**said: Any) -> Loop:
    """A delivered matter; ``loop(State.…)`` for one that has moved on."""
    return loop(**said)


def _opened(said: dict[str, Any], *, wrong_unit: bool = False) -> Loop:
    """A delivered matter; ``wrong_unit``: the unit next door had it first and handed it on."""
    above = organisation("上级机关", at=region(PREFECTURE))
    unit = organisation("承办单位", parent=above)
    neighbour = organisation("协办单位", parent=above)
    # Everybody is on duty before the review comes: it is told to whoever is there then.
    people = {
        "handler": staff(Role.HANDLER, of=unit),
        "approver": staff(Role.APPROVER, of=unit),
        "supervisor": staff(Role.SUPERVISOR, of=above),
        "arbiter": staff(
            Role.ARBITER,
            of=organisation("热线", at=region(PROVINCE), kind=Organisation.Kind.HOTLINE),
            over=region(PROVINCE),
        ),
        "clerk": colleague(neighbour if wrong_unit else unit),
        "joint_handler": staff(Role.HANDLER, of=neighbour),
        "outsider": staff(Role.HANDLER, of=organisation("别的单位")),
    }
    served_by = {"loginName": people["clerk"].username, "name": people["clerk"].display_name}
    happened = event(neighbour if wrong_unit else unit, evaluatedPersonInfo=[served_by])
    receipt = review(happened, **({"level": 1, "tags": ["115"], "text": "等了三个小时。"} | said))
    made = Loop(
        organisation=unit,
        neighbour=neighbour,
        event=happened,
        receipt=receipt,
        matter=Matter.objects.get(organisation__in=[unit, neighbour]),
        **people,
    )
    if wrong_unit:
        reason = "由该单位负责。"
        matters.hand_on(**made.now(made.joint_handler), unit=unit, reason=reason)
        made.again()
    return made


def reach(made: Loop, outcome: str = ContactAttempt.Outcome.REACHED) -> ContactAttempt:
    """Record a call that the relay made."""
    return matters.record_contact(
        **made.now(made.handler),
        means=ContactAttempt.Means.CALL,
        outcome=outcome,
        relay_reference="test",
    )


def milestones(matter: Matter) -> list[PlannedMilestone]:
    """The plan that the product itself suggests."""
    due = matter.clocks.get(kind=ClockKind.RECTIFICATION, round=matter.round).last_day
    nodes = plan.back_schedule(
        today=clock.today(), last_day=due, calendar=calendars.calendar(since=clock.today().year)
    )
    return [PlannedMilestone(node.title, node.due_on) for node in nodes]


def count_in_months(clock: Clock) -> None:
    """Give ``clock`` one month instead of its days."""
    clock.amount, clock.units, clock.unit = 1, 1, Unit.MONTH
    clocks.set_due(clock, clocks.end_of(clock))
    clock.save()


def _ask_unreachable(made: Loop) -> None:
    for hours in (7, 5, 3):
        with clock.frozen(clock.now() - timedelta(hours=hours)):
            reach(made, ContactAttempt.Outcome.NO_ANSWER)
    matters.ask_unreachable(**made.now(made.handler), reason="三次都没有人接听。")
    made.again()


def _verify(made: Loop) -> None:
    reach(made)
    matters.verify(**made.now(made.handler), facts="系统当天确有故障，群众等候三小时。")


def _plan(made: Loop) -> None:
    matters.plan(
        **made.now(made.handler),
        root_cause="process",
        explanation="取号与受理没有衔接。",
        measures=[PlannedMeasure("process", "高峰时段增开一个窗口。")],
        milestones=milestones(made.matter),
    )


def _draft(made: Loop) -> None:
    matters.draft_reply(
        **made.now(made.handler),
        text="高峰时段已增开窗口，给您添麻烦了。",
        result_class="planned",
        planned_for=_a_month_on(),
    )


def _approve(made: Loop) -> None:
    who = made.approver if made.matter.round == 1 else made.arbiter
    matters.approve_reply(**made.now(who))


def _tell(made: Loop) -> None:
    matters.tell(matter=made.matter, via="relay")


def _object(made: Loop) -> None:
    _rate_again(made, NewReview(level=2, tags=["214"], text="窗口还是没有开。"))


def _rate_again(made: Loop, said: NewReview) -> None:
    follow_up = reviews.follow_up_token(made.matter)
    assert follow_up
    reviews.submit(token=follow_up, review=said)


def solve(made: Loop) -> Loop:
    """Show that a matter in rectification is solved, and tell the citizen so."""
    shown = AcceptedFile("说明.pdf", "application/pdf", ".pdf", b"%PDF-1.4")
    matters.add_evidence(**made.now(made.handler), file=shown)
    matters.draft_reply(
        **made.now(made.handler), text="已增开窗口，不再排队。", result_class="solved"
    )
    _approve(made)
    made.again()
    _tell(made)
    made.again()
    return made


def confirm(made: Loop, **said: Any) -> None:
    """The citizen is satisfied after all; the matter closes."""
    _rate_again(made, NewReview(**({"level": 4} | said)))
    made.again()


def _a_month_on() -> date:
    return clock.today() + timedelta(days=30)


_ROAD: list[tuple[Callable[[Loop], None], State]] = [
    (_verify, State.VERIFIED),
    (_plan, State.RECTIFYING),
    (_draft, State.REPLY_DRAFTED),
    (_approve, State.APPROVED),
    (_tell, State.TOLD),
    (_object, State.REOPENED),
    (_plan, State.RECTIFYING),
    (_draft, State.REPLY_DRAFTED),
    (_approve, State.APPROVED),
    (_tell, State.CLOSED),
]


def _place(state: State, in_round: int) -> int:
    """How many steps of the road lead to ``state`` in that round."""
    if state == State.DELIVERED:
        return 0
    reached = [reached for _step, reached in _ROAD]
    turn = reached.index(State.REOPENED)
    start = turn if in_round > 1 or state in {State.REOPENED, State.CLOSED} else 0
    return reached.index(state, start) + 1
