"""Where bad reviews come from: by unit, item, channel, tag and counter, and over time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from huiyin.directory.models import Organisation, ServiceItem
from huiyin.oversight import queries as oversight
from huiyin.oversight.models import Dimension
from huiyin.oversight.queries import Amount, Period
from huiyin.reviews.models import Channel
from huiyin.reviews.queries import labels
from huiyin.web.cockpit.frame import cockpit_page, render_cockpit
from huiyin.web.cockpit.places import Place, View, view_of
from huiyin.web.desk.frame import member
from huiyin.web.templatetags.huiyin import local_date

_MOST = 50

BY: dict[str, str | Promise] = {
    "unit": pgettext_lazy("bad reviews by", "By place"),
    "item": pgettext_lazy("bad reviews by", "By service item"),
    "channel": pgettext_lazy("bad reviews by", "By channel"),
    "tag": pgettext_lazy("bad reviews by", "By complaint"),
    "counter": pgettext_lazy("bad reviews by", "By counter"),
    "time": pgettext_lazy("bad reviews by", "Over time"),
}


@dataclass(frozen=True)
class Line:
    """One row of the table and one bar of the chart. ``at`` leads further down, where it can."""

    name: str
    amount: Amount
    at: str = ""
    note: str = ""


@cockpit_page
@require_safe
def sources(request: HttpRequest) -> HttpResponse:
    view = view_of(member(request), request.GET.get("at", ""))
    by = request.GET.get("by", "")
    by = by if by in BY else "unit"
    within = oversight.period(days_of(request))
    # Several duties: each place has counts of its own, and adding them up could count twice.
    place = view.place or view.roots[0]
    several = view.place is None and by == "unit"
    lines, total = _lines(view, place, by, within)
    return render_cockpit(
        request,
        "sources.html",
        {
            "view": view,
            "place": None if several else place,
            "by": by,
            "tabs": BY.items(),
            "days": within.days,
            "spans": oversight.DAYS,
            "within": within,
            "lines": lines,
            "shown": len(lines),
            "total": total,
            "sum": None
            if several
            else oversight.totals([place.key], within).get(place.key) or Amount("", 0, 0),
        },
        page="sources",
    )


def days_of(request: HttpRequest) -> int:
    """The length of the period that was asked for, by default the shortest."""
    asked = request.GET.get("days", "")
    return int(asked) if asked in {str(days) for days in oversight.DAYS} else oversight.DAYS[0]


def _lines(view: View, place: Place, by: str, within: Period) -> tuple[list[Line], int]:
    """The lines to show, and how many there are in all. A fixed number of queries."""
    if by == "unit":
        return _places(view, within)
    if by == "time":
        course = oversight.course(place.key, within)
        return [
            Line(local_date(first), Amount("", now, before)) for first, now, before in course
        ], len(course)
    dimension = Dimension(by)
    found, total = oversight.amounts(place.key, dimension, within, limit=_MOST)
    names = _NAMES[dimension]([amount.value for amount in found])
    return [
        Line(name, amount, note=note) for (name, note), amount in zip(names, found, strict=True)
    ], total


def _places(view: View, within: Period) -> tuple[list[Line], int]:
    """The places directly below, and what the place itself got; or the reader's places."""
    below = view.children if view.place else view.roots
    found = oversight.totals(
        [place.key for place in below] + ([view.place.key] if view.place else []), within
    )
    lines = [
        Line(place.name, found[place.key], at=place.code) for place in below if place.key in found
    ]
    if view.place and (whole := found.get(view.place.key)):
        now = whole.now - sum(line.amount.now for line in lines)
        before = whole.before - sum(line.amount.before for line in lines)
        # Bodies that report across regions are counted at both, so the rest may fall below nothing.
        if now > 0 or before > 0:
            rest = Amount("", max(0, now), max(0, before))
            lines.append(Line(_("%(place)s itself") % {"place": view.place.name}, rest))
    lines.sort(key=lambda line: (-line.amount.now, -line.amount.before, line.name))
    return lines[:_MOST], len(lines)


Names = list[tuple[str, str]]


def item_names(values: Iterable[str]) -> dict[str, str]:
    """Service items as they are called in the reader's language. At most one query."""
    names = {value: value for value in values}
    if get_language() == "en":
        known = ServiceItem.objects.filter(name__in=names).exclude(name_en="")
        names.update(known.values_list("name", "name_en"))
    return names


def _items(values: list[str]) -> Names:
    names = item_names(values)
    return [(names[value], "") for value in values]


def _channels(values: list[str]) -> Names:
    return [(str(Channel(value).label), "") for value in values]


def _tags(values: list[str]) -> Names:
    known = dict(zip(values, labels(values), strict=True))
    return [(known[value] if value else _("No reason chosen, text only"), "") for value in values]


def _counters(values: list[str]) -> Names:
    keys = {value.split("/", 1)[0] for value in values if value}
    units = Organisation.objects.in_bulk([UUID(key) for key in keys])
    names = []
    for value in values:
        if not value:
            names.append((_("No counter, or hidden by the citizen"), ""))
            continue
        unit, number, hall = value.split("/", 2)
        window = _("counter %(number)s") % {"number": number} if number else ""
        names.append((" · ".join(filter(None, (hall, window))), str(units[UUID(unit)])))
    return names


_NAMES = {
    Dimension.ITEM: _items,
    Dimension.CHANNEL: _channels,
    Dimension.TAG: _tags,
    Dimension.COUNTER: _counters,
}
