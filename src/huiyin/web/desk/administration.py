"""The administrator's pages: where things are managed, and the demo's time machine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from huiyin.calendars.arithmetic import OFFICE_OPENS
from huiyin.calendars.services import next_working_day
from huiyin.kernel import clock, timemachine, wakeup
from huiyin.kernel.problems import NotFound, Problem
from huiyin.matters import kinds
from huiyin.matters.models import Clock, Step
from huiyin.matters.table import Event
from huiyin.notices.alarms import latest_alarms
from huiyin.notices.queries import dead_letter_count
from huiyin.web.desk import history
from huiyin.web.desk.frame import desk_page, member, render_desk

_SHOWN = 20
# Matters that began together fall due together: one move brings all of them about.
_TOGETHER = timedelta(minutes=1)
_NAMED = 3
# The steps that the passing of time alone brings about.
_BY_TIME = (Event.LET_FOLLOW_UP_EXPIRE, Event.CLOSE)
# Whatever waits for a moment should look at the clock again at once.
_TOPICS = ("sweeper", "outbox", "sealer", "sealed")


@desk_page
@require_safe
def administration(request: HttpRequest) -> HttpResponse:
    """Where the administrator lands."""
    _need_administrator(request)
    return render_desk(
        request, "desk/administration.html", {"groups": _groups()}, here="administration"
    )


@desk_page
@require_http_methods(["GET", "HEAD", "POST"])
def time_machine(request: HttpRequest) -> HttpResponse:
    """Move the demo's clock forward and watch what happens. Does not exist outside the demo."""
    _need_administrator(request)
    if not settings.HUIYIN_DEMO:
        raise NotFound
    if request.method == "POST":
        _move(request, request.POST.get("to", ""))
        return redirect("desk:time")
    return render_desk(request, "desk/time.html", _what_happened(), here="time")


def _groups() -> list[dict[str, Any]]:
    """Links by what they are for. One query, for the dead letters."""
    dead = dead_letter_count()
    groups = [
        {
            "title": _("Directory"),
            "text": _(
                "Who works where, and with which duties. Lists can be imported and exported."
            ),
            "links": [
                _link("directory_staff", _("Staff and duties")),
                _link("directory_organisation", _("Organisations")),
                _link("directory_counter", _("Counters")),
                _link("directory_serviceitem", _("Service items")),
                _link("directory_region", _("Regions")),
            ],
        },
        {
            "title": _("Rating on the spot"),
            "text": _("Printed codes at counters, with which citizens rate while they are there."),
            "links": [{"href": reverse("desk:places"), "label": _("QR codes at counters")}],
        },
        {
            "title": _("Import lists"),
            "text": _("From xlsx or csv. Every row gets its verdict before anything is written."),
            "links": [
                _link("directory_organisation", _("Import organisations"), "import"),
                _link("directory_counter", _("Import counters"), "import"),
                _link("directory_serviceitem", _("Import service items"), "import"),
                _link("directory_staff", _("Import staff"), "import"),
            ],
        },
        {
            "title": _("Being told"),
            "text": _("Notices that could not be delivered wait here to be sent again."),
            "links": [
                _link("notices_outbox", _("Dead letters"), query="state__exact=dead", count=dead),
                _link("notices_channel", _("Addresses of staff")),
                _link("notices_template", _("Wordings")),
                _link("notices_circuit", _("What rests because it was down")),
                _link("notices_webhookendpoint", _("Webhook endpoints")),
                _link("notices_robot", _("DingTalk group robots")),
                _link("notices_inboundsms", _("Incoming text messages")),
            ],
        },
        {
            "title": _("Channels"),
            "text": _("Where citizens rate besides the links that they are sent."),
            "links": [
                _link("embedding_site", _("Sites that embed the rating page")),
            ],
        },
        {
            "title": _("Rules"),
            "text": _("Clocks, “unreachable”, working days. Versions are added, never changed."),
            "links": [
                _link("matters_policy", _("Policies")),
                _link("matters_matter", _("Matters")),
                _link("calendars_calendaryear", _("Working days")),
            ],
        },
    ]
    if settings.HUIYIN_DEMO:
        groups.append(
            {
                "title": _("Demonstration"),
                "text": _("Move the clock and watch reminders, breaches and closings happen."),
                "links": [{"href": reverse("desk:time"), "label": _("Time machine")}],
            }
        )
    return groups


def _link(
    model: str, label: str, page: str = "changelist", *, query: str = "", count: int = 0
) -> dict[str, Any]:
    """A page of the administration site; ``model`` is app and model as Django writes them."""
    href = reverse(f"admin:{model}_{page}")
    return {"href": f"{href}?{query}" if query else href, "label": label, "count": count}


def _need_administrator(request: HttpRequest) -> None:
    if not member(request).is_staff:
        raise NotFound


def _move(request: HttpRequest, to: str) -> None:
    by = _distance(to)
    if by is None:
        messages.info(request, _("No clock is running, so there is no deadline to move to."))
        return
    try:
        with transaction.atomic():
            timemachine.move_forward(by)
            for topic in _TOPICS:
                wakeup.ring(topic)
    except Problem as problem:
        messages.error(request, str(problem))
        return
    messages.success(request, _("The demo's clock has been moved forward."))


def _distance(to: str) -> timedelta | None:
    """How far it is from now to what the button says; None when there is no such moment."""
    now = clock.now()
    if to == "hour":
        return timedelta(hours=1)
    if to == "working_day":
        return _offices_open(now) - now
    coming = _upcoming(now)
    # One second past the last of them: then all has happened, whatever the rounding.
    return coming[-1].at - now + timedelta(seconds=1) if coming else None


def _offices_open(now: datetime) -> datetime:
    """When offices open next: today, if this is a working day before nine."""
    # Before nine it is, for an office, still the day before.
    return next_working_day(now - timedelta(hours=OFFICE_OPENS.hour))


@dataclass(frozen=True)
class _Coming:
    """What a running clock brings about next."""

    clock: Clock
    at: datetime

    @property
    def reminds(self) -> bool:
        return self.at < self.clock.due_at


def _upcoming(now: datetime) -> list[_Coming]:
    """What the clocks bring about next, first things first: all that lies within a minute."""
    coming = Clock.objects.filter(next_at__gt=now).order_by("next_at", "pk")
    first = coming.values_list("next_at", flat=True).first()
    if first is None:
        return []
    together = coming.filter(next_at__lte=first + _TOGETHER).select_related("matter__organisation")
    return [_Coming(row, row.next_at) for row in together if row.next_at]


def _what_happened() -> dict[str, Any]:
    steps = list(
        Step.objects.filter(event__in=_BY_TIME)
        .select_related("matter__organisation")
        .order_by("-at", "-pk")[:_SHOWN]
    )
    alarms = latest_alarms(_SHOWN)
    of_steps = [
        (
            step.matter,
            {
                "title": capfirst(step.get_event_display()),
                "state": "done",
                "at": step.at,
                "text": history.said(step, {}),
            },
        )
        for step in steps
    ]
    happened = of_steps + [(matter, history.of_alarm(rung)) for matter, rung in alarms]
    described = kinds.describe({matter.pk: matter for matter, _entry in happened}.values())
    for matter, entry in happened:
        entry["actor"] = f"{described[matter.pk].title} · {matter.organisation}"
    happened.sort(key=lambda one: one[1]["at"], reverse=True)
    now = clock.now()
    upcoming = _upcoming(now)
    return {
        "happened": [entry for _matter, entry in happened[:_SHOWN]],
        "upcoming": upcoming[:_NAMED],
        "more": len(upcoming[_NAMED:]),
        "next_working_day": _offices_open(now),
    }
