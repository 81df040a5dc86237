"""The reviews of a place by channel, trust grade, level, item or tag."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from huiyin.directory.models import Organisation, Region
from huiyin.indicators import periods, queries
from huiyin.indicators.errors import PeriodInvalid
from huiyin.indicators.periods import LATEST, Period, PeriodKind
from huiyin.indicators.slices import queries as slices
from huiyin.indicators.slices.dimensions import Dimension
from huiyin.indicators.slices.queries import SliceRow
from huiyin.kernel import clock
from huiyin.log.sealing import earliest_next
from huiyin.web.portal import asked
from huiyin.web.portal.caching import moves_in_epochs
from huiyin.web.views import error_page

NAMES: dict[Dimension, str | Promise] = {
    Dimension.CHANNEL: pgettext_lazy("breakdown", "Channel"),
    Dimension.ITEM: pgettext_lazy("breakdown", "Service"),
    Dimension.TAG: pgettext_lazy("breakdown", "Reason chosen"),
    Dimension.LEVEL: pgettext_lazy("breakdown", "Level"),
    Dimension.TRUST: pgettext_lazy("breakdown", "How the review is bound"),
}


@dataclass(frozen=True)
class Bar:
    """A row of the table with its bar, in thousandths of the largest row. Where good and bad
    reviews are not told apart, the bar is of one piece."""

    row: SliceRow
    whole: int
    good: int | None


@moves_in_epochs
def breakdown(request: HttpRequest) -> HttpResponse:
    """One place, one period, one dimension. The address is what one shares."""
    try:
        dimension = Dimension(request.GET.get("by", Dimension.CHANNEL))
    except ValueError:
        raise Http404 from None
    place = asked.place(request) or get_object_or_404(Region, code=settings.HUIYIN_JURISDICTION)
    folded = queries.latest()
    today = clock.local(folded.epoch.sealed_at).date() if folded else clock.today()
    try:
        period = periods.parse(request.GET.get("period") or LATEST, today=today)
    except PeriodInvalid as problem:
        return error_page(request, 400, str(problem))
    table = slices.read(place, period, dimension)
    named = asked.query_of(place)
    context = {
        "place": place,
        "place_url": _page_of(place),
        "named": named,
        "dimension": dimension,
        "heading": NAMES[dimension],
        "dimensions": NAMES.items(),
        "period": period,
        "period_name": _name_of(period),
        "periods": [(one.code, _name_of(one)) for one in _periods(today)],
        "table": table,
        "bars": _bars(table.rows),
        "download_url": _download(named, dimension, period),
        "epoch": folded.epoch if folded else None,
        "earliest_next": earliest_next(folded.epoch) if folded else None,
        "suppress_below": settings.HUIYIN_SUPPRESS_BELOW,
    }
    return render(request, "portal/breakdown.html", context)


def address_of(place: Organisation | Region) -> str:
    return f"{reverse('portal:breakdown')}?{urlencode(asked.query_of(place))}"


def _bars(rows: list[SliceRow]) -> list[Bar]:
    largest = max((row.reviews for row in rows), default=1)
    return [
        Bar(
            row,
            round(1000 * row.reviews / largest),
            None if row.good is None else round(1000 * row.good / largest),
        )
        for row in rows
    ]


def _page_of(place: Organisation | Region) -> str:
    if isinstance(place, Organisation):
        return reverse("portal:organisation", args=[place.uscc])
    return reverse("portal:region", args=[place.code])


def _periods(today: date) -> list[Period]:
    """Those to choose from: the last twelve months, each of them, and the years they lie in."""
    latest = periods.parse(LATEST, today=today)
    months = [f"{month:%Y-%m}" for month in reversed(latest.months)]
    years = sorted({month[:4] for month in months}, reverse=True)
    return [latest, *(periods.parse(code, today=today) for code in (*years, *months))]


def _name_of(period: Period) -> str:
    if period.kind == PeriodKind.LATEST:
        return _("The last twelve months")
    if period.kind == PeriodKind.YEAR:
        return _("The year %(year)d") % {"year": period.first.year}
    return date_format(period.first, "YEAR_MONTH_FORMAT")


def _download(named: dict[str, str], dimension: Dimension, period: Period) -> str:
    query = named | {"by": dimension.value, "period": period.code, "format": "csv"}
    return f"{reverse('api-v1:get_slice')}?{urlencode(query)}"
