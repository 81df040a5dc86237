"""督办: supervision orders, given from here and listed with their clocks."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from huiyin.kernel import paging
from huiyin.kernel.problems import Invalid, Problem
from huiyin.matters import kinds, services
from huiyin.matters.errors import Moved, NotNow, NotYours
from huiyin.matters.models import Clock, Matter, SupervisionOrder
from huiyin.matters.queries import get_visible
from huiyin.matters.table import ClockKind, Event
from huiyin.web.cockpit import work
from huiyin.web.cockpit.frame import cockpit_page, render_cockpit
from huiyin.web.cockpit.lists import PAGE_SIZE, further
from huiyin.web.cockpit.places import view_of
from huiyin.web.desk.forms import StepForm, long_text
from huiyin.web.desk.frame import member
from huiyin.web.desk.road import offers

_LISTS = {
    "open": gettext_lazy("Not answered"),
    "overdue": gettext_lazy("Answer overdue"),
    "answered": gettext_lazy("Answered"),
}


class OrderForm(StepForm):
    demand = long_text(
        gettext_lazy("What you demand of the unit"),
        hint=gettext_lazy(
            "What has to be done or explained, and what you want to see. "
            "Leave out what names the citizen."
        ),
    )


@cockpit_page
@require_safe
def orders(request: HttpRequest) -> HttpResponseBase:
    """The orders to the reader's units, the newest first."""
    view = view_of(member(request), request.GET.get("at", ""))
    show = request.GET.get("show", "")
    show = show if show in _LISTS else "open"
    query = {"at": request.GET.get("at", ""), "show": show}
    counts = {
        name: work.count(work.orders(view.organisations, name)) for name in ("open", "overdue")
    }
    given = (
        work.orders(view.organisations, show)
        .select_related("matter__organisation", "given_by", "answered_by")
        .prefetch_related(Prefetch("matter__clocks", queryset=work.running(), to_attr="running"))
    )
    try:
        page = paging.page(given, key="-given_at", cursor=request.GET.get("after"), size=PAGE_SIZE)
    except Invalid:
        return redirect("cockpit:orders")
    return render_cockpit(
        request,
        "orders.html",
        {
            "view": view,
            "rows": _rows(page.rows),
            "show": show,
            "tabs": [(name, label, counts.get(name)) for name, label in _LISTS.items()],
            **further("orders", request, page.next_cursor, query),
        },
        page="orders",
    )


def _rows(found: list[SupervisionOrder]) -> list[work.Row]:
    described = kinds.describe([order.matter for order in found])
    return [
        work.Row(
            order.matter,
            described[order.matter_id].title,
            [] if order.answered_at else _supervision(order.matter),
            order,
        )
        for order in found
    ]


def _supervision(matter: Matter) -> list[Clock]:
    return [row for row in matter.running if row.kind == ClockKind.SUPERVISION]  # type: ignore[attr-defined]


@cockpit_page
@require_http_methods(["GET", "HEAD", "POST"])
def new_order(request: HttpRequest, code: str) -> HttpResponse:
    """Give an order to the unit that has the matter called ``code``."""
    staff = member(request)
    matter = get_visible(staff, code)
    if request.method != "POST":
        return _form(request, matter, OrderForm(initial={"version": matter.version}))
    form = OrderForm(request.POST)
    try:
        if not form.is_valid():
            return _form(request, matter, form, status=422)
        services.order(
            matter=matter,
            staff=staff,
            seen_version=form.seen_version,
            demand=form.cleaned_data["demand"],
        )
    except (Moved, NotNow, NotYours) as problem:
        # What was typed is kept; it is sent again by somebody who has seen what is new.
        anew = OrderForm(
            initial={"version": get_visible(staff, code).version, "demand": request.POST["demand"]}
        )
        return _form(request, matter, anew, problem=problem, status=problem.status)
    except Problem as problem:
        form.refuse(problem)
        return _form(request, matter, form, status=problem.status)
    messages.success(request, _("The order is given, and the unit has been told."))
    return redirect("cockpit:orders")


def _form(
    request: HttpRequest,
    matter: Matter,
    form: forms.Form,
    *,
    problem: Problem | None = None,
    status: int = 200,
) -> HttpResponse:
    staff = member(request)
    offered = offers(staff, matter)
    context = {
        "matter": matter,
        "title": kinds.describe([matter])[matter.pk].title,
        "running": list(work.running().filter(matter=matter)),
        "waiting": matter.orders.select_related("given_by").filter(answered_at=None).first(),
        "may": Event.ORDER in offered,
        "obstacle": offered.get(Event.ORDER, ""),
        "form": form,
        "problem": problem,
    }
    return render_cockpit(request, "new_order.html", context, page="orders", status=status)
