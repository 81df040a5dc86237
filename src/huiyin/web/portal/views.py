"""The public pages. They show the newest epoch and nothing that happened after it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from huiyin.directory.models import Organisation, Region
from huiyin.indicators import queries
from huiyin.indicators.definitions import BY_CODE
from huiyin.indicators.figures import Place, Scope
from huiyin.indicators.queries import Picture
from huiyin.kernel.problems import Invalid
from huiyin.log.sealing import earliest_next
from huiyin.web.portal import asked, breakdowns, stories, tables
from huiyin.web.portal.caching import moves_in_epochs
from huiyin.web.views import error_page

# The figures that stand large on a page; all of them are in the table.
_HEADLINES = (
    "active_reviews",
    "good_rate",
    "unrated_rate",
    "on_time_rectification",
    "confirmed_solved_rate",
    "delivery_delay",
)
_STORIES_AT_HOME = 3


@moves_in_epochs
def home(request: HttpRequest) -> HttpResponse:
    picture = queries.picture()
    jurisdiction = get_object_or_404(Region, code=settings.HUIYIN_JURISDICTION)
    place = Place(Scope.REGION, jurisdiction.code)
    newest: list[stories.Story] = []
    if picture.epoch:
        newest, _cursor = stories.published(
            epoch=picture.epoch.number, answered=True, size=_STORIES_AT_HOME
        )
    context = _figures(picture, place) | {
        "jurisdiction": jurisdiction,
        "regions": tables.regions_in(jurisdiction, picture.figures),
        "organisations": tables.organisations_in(jurisdiction, picture.figures),
        "stories": newest,
    }
    return render(request, "portal/home.html", context)


@moves_in_epochs
def region(request: HttpRequest, code: str) -> HttpResponse:
    """A region with all in it. Codes of 6 digits are the same region as those of 12."""
    found = get_object_or_404(
        Region.objects.select_related("parent__parent__parent"), code=asked.region_code(code)
    )
    picture = queries.picture()
    context = _figures(picture, Place(Scope.REGION, found.code)) | {
        "place": found,
        "above": _regions_above(found),
        "regions": tables.regions_in(found, picture.figures),
        "organisations": tables.organisations_in(found, picture.figures),
        "reviews_url": _reviews_url(region=found.code),
        "breakdown_url": breakdowns.address_of(found),
    }
    return render(request, "portal/place.html", context)


@moves_in_epochs
def organisation(request: HttpRequest, uscc: str) -> HttpResponse:
    """An organisation, with all below it if anything is."""
    found = get_object_or_404(
        Organisation.objects.select_related("region", "parent"), uscc=asked.uscc(uscc)
    )
    picture = queries.picture()
    place = picture.figures.place_of(found.uscc)
    context = _figures(picture, place) | {
        "place": found,
        "above": [(str(found.region), reverse("portal:region", args=[found.region.code]))],
        "whole_line": place.scope == Scope.BODY,
        "below": tables.organisations_below(found, picture.figures)
        if place.scope == Scope.BODY
        else None,
        "reviews_url": _reviews_url(organisation=found.uscc),
        "breakdown_url": breakdowns.address_of(found),
    }
    return render(request, "portal/place.html", context)


@moves_in_epochs
def reviews(request: HttpRequest) -> HttpResponse:
    """Published reviews with what became of them, of everybody or of one place."""
    picked = asked.place(request)
    filters = asked.query_of(picked)
    cursor = request.GET.get("cursor")
    folded = queries.latest()
    found: list[stories.Story] = []
    following = None
    if folded:
        try:
            found, following = stories.published(
                epoch=folded.epoch_id,
                cursor=cursor,
                organisation=picked if isinstance(picked, Organisation) else None,
                region_prefix=picked.prefix if isinstance(picked, Region) else "",
            )
        except Invalid as problem:
            return error_page(request, 400, str(problem))
    context = {
        "picked": picked,
        "stories": found,
        "epoch": folded.epoch if folded else None,
        "older_url": _reviews_url(**filters, cursor=following) if following else None,
        "newest_url": _reviews_url(**filters) if cursor else None,
    }
    return render(request, "portal/reviews.html", context)


@moves_in_epochs
def about(request: HttpRequest) -> HttpResponse:
    """What the public log is, and where it stands."""
    folded = queries.latest()
    epoch = folded.epoch if folded else None
    context = {
        "epoch": epoch,
        "size": epoch.first_index + epoch.entries if epoch else 0,
        "earliest_next": earliest_next(epoch) if epoch else None,
        "at_least": settings.HUIYIN_EPOCH_SECONDS,
        "at_most": settings.HUIYIN_EPOCH_MAX_SECONDS,
        "floor": settings.HUIYIN_EPOCH_REVIEWS,
        "suppress_below": settings.HUIYIN_SUPPRESS_BELOW,
    }
    return render(request, "portal/about.html", context)


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """What is kept of a citizen, who sees it, and what becomes public."""
    return render(request, "portal/privacy.html")


def _figures(picture: Picture, place: Place) -> dict[str, Any]:
    shown = picture.figures.figures(place)
    by_code = {figure.indicator.code: figure for figure in shown}
    return {
        "epoch": picture.epoch,
        "earliest_next": earliest_next(picture.epoch) if picture.epoch else None,
        "period": picture.period,
        "headlines": [by_code[code] for code in _HEADLINES],
        "figures": shown,
        "levels": tables.distribution(picture.figures, place),
        "reviews_counted": by_code[BY_CODE["active_reviews"].code],
        "suppress_below": settings.HUIYIN_SUPPRESS_BELOW,
    }


def _regions_above(region: Region) -> list[tuple[str, str]]:
    """Names and addresses, from the top down."""
    above: list[tuple[str, str]] = []
    parent = region.parent
    while parent is not None:
        above.insert(0, (str(parent), reverse("portal:region", args=[parent.code])))
        parent = parent.parent
    return above


def _reviews_url(**query: str) -> str:
    address = reverse("portal:reviews")
    return f"{address}?{urlencode(query)}" if query else address
