"""Faults that came back after the unit had said that they were solved."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.text import capfirst
from django.views.decorators.http import require_safe

from huiyin.kernel import paging
from huiyin.kernel.problems import Invalid, NotFound
from huiyin.matters import kinds
from huiyin.matters.models import Matter, RootCause
from huiyin.matters.table import State
from huiyin.oversight import queries as oversight
from huiyin.oversight.models import Fault, FaultMatter
from huiyin.reviews.queries import labels
from huiyin.web.cockpit import work
from huiyin.web.cockpit.frame import cockpit_page, render_cockpit, scope
from huiyin.web.cockpit.lists import PAGE_SIZE, further
from huiyin.web.cockpit.places import view_of
from huiyin.web.cockpit.sources import days_of, item_names
from huiyin.web.desk.frame import member

# Where several matters can still be joined into one improvement: not answered yet.
_JOINABLE = (State.DELIVERED, State.VERIFIED, State.RECTIFYING)


@dataclass(frozen=True)
class Line:
    fault: Fault
    name: str


@dataclass(frozen=True)
class Link:
    """A matter about a fault."""

    link: FaultMatter
    title: str

    @property
    def matter(self) -> Matter:
        return self.link.matter


@cockpit_page
@require_safe
def faults(request: HttpRequest) -> HttpResponseBase:
    """The faults that came back in the period, the most frequent first."""
    view = view_of(member(request), request.GET.get("at", ""))
    within = oversight.period(days_of(request))
    found = oversight.came_back(view.organisations, within)
    try:
        page = paging.page(found, key="-times", cursor=request.GET.get("after"), size=PAGE_SIZE)
    except Invalid:
        return redirect("cockpit:faults")
    query = {"at": request.GET.get("at", ""), "days": str(within.days)}
    return render_cockpit(
        request,
        "faults.html",
        {
            "view": view,
            "days": within.days,
            "spans": oversight.DAYS,
            "lines": _named(page.rows),
            "count": work.count(found),
            **further("faults", request, page.next_cursor, query),
        },
        page="faults",
    )


@cockpit_page
@require_safe
def fault(request: HttpRequest, fault_id: UUID) -> HttpResponseBase:
    """One fault: the matters about it, the newest first."""
    found = (
        Fault.objects.select_related("organisation")
        .filter(pk=fault_id, organisation__in=scope(member(request)))
        .first()
    )
    if found is None:
        raise NotFound
    matters = oversight.matters_of(found)
    try:
        page = paging.page(
            matters, key="-opened_at", cursor=request.GET.get("after"), size=PAGE_SIZE
        )
    except Invalid:
        return redirect("cockpit:fault", fault_id=fault_id)
    described = kinds.describe([link.matter for link in page.rows])
    joinable = matters.filter(
        matter__state__in=_JOINABLE,
        matter__round=1,
        matter__improvement_of=None,
        matter__organisation=found.organisation,
    )
    return render_cockpit(
        request,
        "fault.html",
        {
            "line": _named([found])[0],
            "links": [Link(link, described[link.matter_id].title) for link in page.rows],
            "joinable": work.count(joinable),
            **further("faults", request, None, {}),
            "older_url": f"?after={page.next_cursor}" if page.next_cursor else "",
            "newest_url": request.path if request.GET.get("after") else "",
        },
        page="faults",
    )


def _named(found: Iterable[Fault]) -> list[Line]:
    """What each fault is called. At most two queries."""
    found = list(found)
    tags = [one.value for one in found if one.basis == Fault.Basis.TAG]
    known = dict(zip(tags, labels(tags), strict=True))
    items = item_names(one.item_name for one in found)
    return [
        Line(one, known[one.value])
        if one.basis == Fault.Basis.TAG
        else Line(one, f"{items[one.item_name]} · {capfirst(RootCause(one.value).label)}")
        for one in found
    ]
