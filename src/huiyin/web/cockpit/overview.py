"""The first page: the day's picture in a few numbers, each leading to its list."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from huiyin.kernel import clock, paging
from huiyin.oversight import queries as oversight
from huiyin.web.cockpit import work
from huiyin.web.cockpit.frame import cockpit_page, render_cockpit
from huiyin.web.cockpit.places import View, view_of
from huiyin.web.cockpit.work import Count
from huiyin.web.desk.frame import member

_SHOWN = 5
_DAYS = 30


@dataclass(frozen=True)
class Tile:
    title: str | Promise
    href: str
    count: Count
    # How bad it is when there are any: late, soon or calm.
    tone: str
    note: str | Promise = ""


@cockpit_page
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    staff = member(request)
    view = view_of(staff, "")
    late = work.late(view.organisations)
    worst = paging.page(work.with_clocks(late), key="due", cursor=None, size=_SHOWN)
    deciding = [work.count(found) for found in work.to_decide(staff).values()]
    within = oversight.period(_DAYS)
    return render_cockpit(
        request,
        "overview.html",
        {
            "tiles": [
                Tile(
                    _("Late"),
                    reverse("cockpit:late"),
                    work.count(late),
                    "late",
                    _("A deadline has passed."),
                ),
                Tile(
                    _("Due within 24 hours"),
                    reverse("cockpit:soon"),
                    work.count(work.soon(view.organisations)),
                    "soon",
                    _("Still in time."),
                ),
                Tile(
                    _("For you to decide"),
                    reverse("cockpit:decisions"),
                    Count(sum(one.number for one in deciding), any(one.more for one in deciding)),
                    "soon",
                    _("The unit cannot go on without you."),
                ),
                Tile(
                    _("Open supervision orders"),
                    reverse("cockpit:orders"),
                    work.count(work.orders(view.organisations, "open")),
                    "calm",
                    _("Not answered yet."),
                ),
            ],
            "rows": [
                # The one that is late the longest says enough here.
                replace(row, clocks=row.clocks[:1])
                for row in work.rows(worst.rows, due_by=clock.now())
            ],
            "more": worst.next_cursor is not None,
            "days": _DAYS,
            "bad": _bad_reviews(view, within),
            "faults": work.count(oversight.came_back(view.organisations, within)),
            "view": view,
        },
        page="overview",
    )


def _bad_reviews(view: View, within: oversight.Period) -> list[tuple[str, str, oversight.Amount]]:
    """The bad reviews of the last days at each place the reader oversees. One query."""
    found = oversight.totals([root.key for root in view.roots], within)
    return [
        (root.code, root.name, found.get(root.key) or oversight.Amount(root.key, 0, 0))
        for root in view.roots
    ]
