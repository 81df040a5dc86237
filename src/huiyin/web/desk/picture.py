"""The matter page: everything an actor sees of one matter, and the forms for what they may do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.views.decorators.http import require_safe

from huiyin.calendars import queries as calendars
from huiyin.directory.models import Role, Staff
from huiyin.directory.queries import roles_over
from huiyin.kernel import clock
from huiyin.matters import plan, policy
from huiyin.matters.models import Clock, Matter, Rectification
from huiyin.matters.queries import get_visible
from huiyin.matters.table import ClockKind, Event, State
from huiyin.notices import relay
from huiyin.notices.errors import ContactEnded, NoContact, NoGateway
from huiyin.notices.relay.queries import proposed_outcome
from huiyin.notices.services import mark_read
from huiyin.reviews import queries as reviews
from huiyin.web.desk import forms, history, road
from huiyin.web.desk.calls import running_call
from huiyin.web.desk.frame import desk_page, member, render_desk
from huiyin.web.desk.further import FURTHER
from huiyin.web.desk.standing import standing, unit_names

# By the form's name on the page: the step it takes.
FORM_EVENTS: dict[str, Event] = {
    "call": Event.CONTACT,
    "outcome": Event.CONTACT,
    "message": Event.CONTACT,
    "verify": Event.VERIFY,
    "ask-unreachable": Event.ASK_UNREACHABLE,
    "decide-unreachable": Event.CONSENT_UNREACHABLE,
    "plan": Event.PLAN,
    "milestone": Event.REACH_MILESTONE,
    "evidence": Event.ADD_EVIDENCE,
    "reply": Event.DRAFT_REPLY,
    "return": Event.RETURN_REPLY,
    "approve": Event.APPROVE_REPLY,
    **{step.name: step.event for step in FURTHER},
}
FORMS: dict[str, type[forms.StepForm]] = {
    "call": forms.Call,
    "outcome": forms.CallOutcome,
    "message": forms.Message,
    "verify": forms.Verify,
    "ask-unreachable": forms.AskUnreachable,
    "decide-unreachable": forms.DecideUnreachable,
    "plan": forms.Plan,
    "milestone": forms.ReachMilestone,
    "evidence": forms.Evidence,
    "reply": forms.Reply,
    "return": forms.ReturnReply,
    "approve": forms.Approve,
    **{step.name: step.form for step in FURTHER},
}


@desk_page
@require_safe
def matter(request: HttpRequest, code: str) -> HttpResponse:
    """The page of one matter."""
    return show(request, code)


@desk_page
@require_safe
def on_paper(request: HttpRequest, code: str) -> HttpResponse:
    """The matter as one clean page, to be printed: what was said and done, no forms."""
    staff = member(request)
    matter = get_visible(staff, code)
    nothing_to_press: dict[str, Any] = {"forms": {}, "further": []}
    context = picture(matter, staff) | nothing_to_press | {"printed_at": clock.now()}
    return render(request, "desk/print.html", context)


@dataclass(frozen=True)
class Notice:
    """A banner above the page, with what the person had typed, kept to be copied."""

    kind: str
    title: str
    text: str = ""
    kept: list[tuple[str, str]] = field(default_factory=list)


def show(
    request: HttpRequest,
    code: str,
    *,
    bound: tuple[str, forms.StepForm] | None = None,
    notice: Notice | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page of the matter called ``code``, ``bound`` being the form that came back.

    Raises ``NotFound``.
    """
    staff = member(request)
    matter = get_visible(staff, code)
    mark_read(staff=staff, matter=matter)
    context = picture(matter, staff, call=running_call(request, matter), bound=bound)
    return render_desk(request, "desk/matter.html", context | {"notice": notice}, status=status)


def picture(
    matter: Matter,
    staff: Staff,
    *,
    call: str | None = None,
    bound: tuple[str, forms.StepForm] | None = None,
) -> dict[str, Any]:
    """The context of desk/matter.html; a fixed number of queries."""
    offered = road.offers(staff, matter)
    # For the forms too.
    prefetch_related_objects([matter], "clocks")
    clocks = list(matter.clocks.all())
    rectifications = list(
        matter.rectifications.select_related("author")
        .prefetch_related("measures", "milestones__done_by")
        .order_by("round")
    )
    evidence = list(matter.evidence.select_related("uploaded_by"))
    replies = list(matter.replies.select_related("author"))
    draft = replies[-1] if replies and matter.state == State.REPLY_DRAFTED else None
    shown = dict(_forms(matter, offered, call, bound))
    if call and "outcome" in shown and not shown["outcome"].is_bound:
        # What the telephony provider saw; the handler may say otherwise.
        shown["outcome"].initial["outcome"] = proposed_outcome(call)
    further = [(step, form) for step in FURTHER if (form := shown.get(_key(step.name))) is not None]
    seen = reviews.for_unit(matter)
    return {
        "matter": matter,
        "seen": seen,
        "clocks": clocks,
        "running": [row for row in clocks if row.stopped_at is None],
        "until": _until(clocks),
        "stopped": [row for row in clocks if row.stopped_at is not None],
        "progress": road.progress(matter),
        "next": road.next_step(matter, staff, no_number=seen.no_number),
        "offered": {event.value: obstacle for event, obstacle in offered.items()},
        "acts": road.is_turn(matter, offered),
        "call": call,
        "no_contact": _no_contact(matter, no_number=seen.no_number),
        "no_number": seen.no_number,
        "can_call": relay.current().places_calls,
        "can_write": relay.current().reaches_people,
        "rules": policy.read(matter.policy.document),
        "forms": shown,
        "further": [each for each in further if getattr(each[1], "is_possible", True)],
        "units": unit_names(matter) if any("unit" in form.fields for _s, form in further) else [],
        "standing": standing(matter),
        "supervises": Role.SUPERVISOR in roles_over(staff, matter.organisation),
        "rectifications": rectifications,
        "current": _current(rectifications, matter),
        "evidence": evidence,
        "solved_needs_evidence": not any(row.round == matter.round for row in evidence),
        "draft": draft,
        # The draft stands above, where it is judged.
        "replies": replies[:-1] if draft and Event.APPROVE_REPLY in offered else replies,
        "timeline": history.timeline(matter, erased=seen.erased),
    }


def _until(clocks: list[Clock]) -> datetime | None:
    """By when the next step of the road is due; an order beside the road has a day of its own."""
    return min(
        (
            row.due_at
            for row in clocks
            if row.stopped_at is None
            and row.paused_at is None
            and row.kind != ClockKind.SUPERVISION
        ),
        default=None,
    )


def _forms(
    matter: Matter,
    offered: dict[Event, str],
    call: str | None,
    bound: tuple[str, forms.StepForm] | None,
) -> Iterable[tuple[str, forms.StepForm]]:
    """The forms the page shows. A step that something stands in the way of has none."""
    for name, event in FORM_EVENTS.items():
        if offered.get(event, "missing") or (name == "outcome" and not call):
            continue
        if bound and bound[0] == name:
            yield _key(name), bound[1]
        else:
            yield _key(name), new_form(name, matter)


def _key(name: str) -> str:
    """A key of a dict of a template cannot hold a hyphen."""
    return name.replace("-", "_")


def new_form(name: str, matter: Matter, data: Any = None, files: Any = None) -> forms.StepForm:
    """The form called ``name``: empty, or bound to ``data``."""
    options: dict[str, Any] = {"nodes": _nodes(matter)} if name == "plan" and data is None else {}
    if FORMS[name].takes_matter:
        options["matter"] = matter
    return FORMS[name](
        data,
        files,
        initial={"version": matter.version},
        # Several forms of one page: ids must differ, names stay plain.
        auto_id=f"{name}-%s",
        **options,
    )


def _no_contact(matter: Matter, *, no_number: bool) -> str | Promise:
    """Why the citizen can be neither called nor written to; blank when they can."""
    if matter.contact_ended_at is not None:
        return ContactEnded.title
    if no_number:
        return NoContact.title
    gateway = relay.current()
    return "" if gateway.places_calls or gateway.reaches_people else NoGateway.title


def _nodes(matter: Matter) -> list[plan.Node]:
    """The milestones that the deadline suggests."""
    today = clock.today()
    rectify = matter.clocks.get(kind=ClockKind.RECTIFICATION, round=matter.round)
    return plan.back_schedule(
        today=today, last_day=rectify.last_day, calendar=calendars.calendar(since=today.year)
    )


def _current(rectifications: list[Rectification], matter: Matter) -> Rectification | None:
    """The plan that is being carried out: of this round, by the unit in charge."""
    of_now = (matter.round, matter.organisation_id)
    return next((row for row in rectifications if (row.round, row.organisation_id) == of_now), None)
