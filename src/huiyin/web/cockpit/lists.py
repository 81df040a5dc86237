"""The lists behind the numbers: late, soon due, to be decided; the matters themselves are on the
desk, one click away."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from huiyin.kernel import clock, paging
from huiyin.kernel.problems import Invalid
from huiyin.matters.table import ClockKind
from huiyin.web.cockpit import work
from huiyin.web.cockpit.frame import cockpit_page, render_cockpit
from huiyin.web.cockpit.places import view_of
from huiyin.web.desk.frame import member

PAGE_SIZE = 30
# The clocks that a list shows of each matter: those due by then.
_AHEAD = {"late": timedelta(), "soon": work.SOON}


@cockpit_page
@require_safe
def late(request: HttpRequest) -> HttpResponseBase:
    """What is overdue, the longest first."""
    return _by_deadline(request, "late")


@cockpit_page
@require_safe
def soon(request: HttpRequest) -> HttpResponseBase:
    """What falls due within 24 hours, the next first."""
    return _by_deadline(request, "soon")


def _by_deadline(request: HttpRequest, name: str) -> HttpResponseBase:
    view = view_of(member(request), request.GET.get("at", ""))
    asked = request.GET.get("clock", "")
    kind = ClockKind(asked) if asked in work.MINDED else None
    chosen = (work.late if name == "late" else work.soon)(view.organisations, kind)
    query = {"at": request.GET.get("at", ""), "clock": kind.value if kind else ""}
    try:
        page = paging.page(
            work.with_clocks(chosen),
            key="due",
            cursor=request.GET.get("after"),
            size=PAGE_SIZE,
        )
    except Invalid:
        return redirect(f"cockpit:{name}")
    return render_cockpit(
        request,
        "by_deadline.html",
        {
            "view": view,
            "rows": work.rows(page.rows, due_by=clock.now() + _AHEAD[name]),
            "count": work.count(chosen),
            "clock_kinds": [(one.value, one.label) for one in work.MINDED],
            "clock": query["clock"],
            "action": reverse(f"cockpit:{name}"),
            **further(name, request, page.next_cursor, query),
        },
        page=name,
    )


@cockpit_page
@require_safe
def decisions(request: HttpRequest) -> HttpResponseBase:
    """What only the reader can decide, the longest open first."""
    staff = member(request)
    waiting = work.to_decide(staff)
    counts = {name: work.count(found) for name, found in waiting.items()}
    what = request.GET.get("what", "")
    if what not in waiting:
        what = next((name for name, count in counts.items() if count.number), "extension")
    try:
        page = paging.page(
            work.with_clocks(waiting[what]),
            key="opened_at",
            cursor=request.GET.get("after"),
            size=PAGE_SIZE,
        )
    except Invalid:
        return redirect("cockpit:decisions")
    return render_cockpit(
        request,
        "decisions.html",
        {
            "rows": work.rows(page.rows),
            "tabs": [(one, counts[one.name]) for one in work.DECISIONS],
            "chosen": next(one for one in work.DECISIONS if one.name == what),
            **further("decisions", request, page.next_cursor, {"what": what}),
        },
        page="decisions",
    )


def further(
    name: str, request: HttpRequest, cursor: str | None, query: dict[str, Any]
) -> dict[str, str]:
    """The addresses of the next page and of the first one, for parts/further.html."""
    kept = {key: value for key, value in query.items() if value}
    address = reverse(f"cockpit:{name}")
    return {
        "older_url": f"{address}?{urlencode({**kept, 'after': cursor})}" if cursor else "",
        "newest_url": f"{address}?{urlencode(kept)}" if request.GET.get("after") else "",
    }
