"""Rating on the spot: ``/q/{sheet}`` is what a printed QR code says, and leads to its own form.

Opening a sheet stores nothing: the right to rate once travels in the address of the form. These
forms carry no CSRF token, as those of an invitation.
"""

from __future__ import annotations

import secrets
from http import HTTPStatus
from typing import Any

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from huiyin.intake import challenge, guessing
from huiyin.intake.channels.qr import form as spot_form
from huiyin.intake.channels.qr import lifting, remembering, sheets
from huiyin.intake.channels.qr.form import OnTheSpot
from huiyin.intake.channels.web import form
from huiyin.intake.lane import lane
from huiyin.kernel.problems import Problem, TooMany
from huiyin.kernel.throttle import Throttle
from huiyin.reviews import errors, places, tokens
from huiyin.reviews import services as reviews
from huiyin.reviews.models import Channel, Place, PlaceKind
from huiyin.reviews.queries import place_of_visit
from huiyin.reviews.services import MAX_WHERE
from huiyin.web.citizen import queries
from huiyin.web.citizen.rating_page import closed_link, rating_page, slowed_down, to_status

_TEMPLATE = "citizen/rate_on_site.html"
# How somebody got to the form who was led there by the list of their hall.
CHOSEN = "chosen_from_list"
# Reports of one place: a few say enough, and nobody shall fill the list.
_reports = Throttle(burst=10, per_minute=1)


@never_cache
@require_safe
def scan(request: HttpRequest, sheet: str) -> HttpResponse:
    """What a sheet's QR code opens: on to a form of one's own, or why there is none."""
    read = sheets.read(sheet)
    if read is None:
        return _no_sheet(request)
    if not read.state.opens:
        return _closed_sheet(request, read, HTTPStatus.GONE)
    if remembering.rated_recently(request, read.place.pk):
        return _rated_already(request, read.place)
    return redirect("citizen:rate", _visit(read.place))


def rate(request: HttpRequest, token: str, right: tokens.Visit) -> HttpResponse:
    """The form of somebody on the spot, and taking it. Raises a ``Problem`` for a visit that takes
    no review any more."""
    place = place_of_visit(right)
    if remembering.rated_recently(request, place.pk, but=right.visit_id):
        return _rated_already(request, place)
    more: dict[str, Any] = {
        "place": place,
        "token": token,
        "digits": settings.HUIYIN_QR_CASE_DIGITS,
        "by_qr": right.channel == Channel.QR,
        "spot": OnTheSpot(from_list=request.GET.get("from") == "list"),
    }
    keys = challenge.keys_of(place.pk, request.META.get("REMOTE_ADDR", ""))
    bound = right.visit_id.hex
    if request.method != "POST":
        filled = form.Filled(key=secrets.token_urlsafe(16))
        more["challenge"] = challenge.demanded(keys, bound=bound)
        return rating_page(request, queries.invited(right), filled, template=_TEMPLATE, more=more)
    filled, spot = form.decode(request.POST), spot_form.decode(request.POST)
    problems: list[Problem] = []
    refused = False
    challenge.note(keys)
    try:
        # Before any other work is done for it.
        challenge.check(request.POST, keys, bound=bound)
    except challenge.ChallengeDemanded as problem:
        refused = True
        # It is sent again by itself; but not without the photographs, which browsers do not keep.
        problems = [problem] if request.FILES else []
    else:
        receipt, problems = _give(request, right, place, filled, spot)
        if receipt is not None:
            response = to_status(request, receipt)
            remembering.remember(request, response, place_id=place.pk, visit_id=right.visit_id)
            return response
    more |= {
        "spot": spot,
        "challenge": challenge.demanded(keys, bound=bound, refused=refused),
        "send": refused and not problems,
    }
    page = rating_page(
        request, queries.invited(right), filled, problems, template=_TEMPLATE, more=more
    )
    if refused:
        page.status_code = challenge.ChallengeDemanded.status
    return page


def _give(
    request: HttpRequest,
    visit: tokens.Visit,
    place: Place,
    filled: form.Filled,
    spot: OnTheSpot,
) -> tuple[Any, list[Problem]]:
    """The receipt, or what has to be put right. Raises a ``Problem`` where nothing can be."""
    right: tokens.Right = visit
    if spot.case_number:
        try:
            right = lifting.right_of(visit, place, number=spot.case_number, digits=spot.digits)
        except Problem as problem:
            return None, [problem]
    uploads = request.FILES.getlist("photos") if reviews.takes_review(right) else []
    review, problems = form.review_of(filled, uploads)
    if review is None:
        return None, problems
    said = msgspec.structs.replace(
        review,
        channel=visit.channel,
        mobile=spot.mobile,
        sub_channel=CHOSEN if spot.from_list else "",
        # Of a visit the event itself knows the place.
        reference="" if right is visit else place.code,
    )
    try:
        return lane.give(reviews.Given(right, said, get_language() or "")), []
    except (errors.TokenUsed, errors.IdempotencyKeyReused):
        if right is visit:
            raise
        # That this service was rated is told to nobody who comes with a case number.
        return None, [lifting.wrong(visit, place)]
    except Problem as problem:
        if problem.status != HTTPStatus.UNPROCESSABLE_ENTITY:
            raise
        return None, [problem]


@never_cache
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def not_here(request: HttpRequest, token: str) -> HttpResponse:
    """“I am not here”: the sheet hangs at the wrong counter, or the hall was given another number.

    Whoever is in charge is told, and the citizen finds the right counter in the list of the hall.
    """
    try:
        right = tokens.read(token)
        if not isinstance(right, tokens.Visit) or right.channel != Channel.QR:
            raise errors.TokenInvalid
        place = place_of_visit(right)
    except Problem as problem:
        return closed_link(request, problem)
    others = list(places.neighbours(place, PlaceKind.QR)[:100])
    if request.method == "POST":
        chosen = next((one for one in others if one.code == request.POST.get("place")), None)
        where = str(chosen) if chosen else request.POST.get("where", "")
        _report(place, where)
        if chosen is not None:
            return _to_form(chosen)
        return render(request, "citizen/not_here.html", {"place": place, "reported": True})
    return render(
        request,
        "citizen/not_here.html",
        {"place": place, "others": others, "token": token, "max_where": MAX_WHERE},
    )


def _report(place: Place, where: str) -> None:
    try:
        _reports.check(place.pk.hex)
    except TooMany:
        return
    _reports.spend(place.pk.hex)
    reviews.report_elsewhere(place, where=where)


def _to_form(place: Place) -> HttpResponse:
    response = redirect("citizen:rate", _visit(place))
    response["Location"] += "?from=list"
    return response


def _visit(place: Place) -> str:
    return reviews.visit_token(place, settings.HUIYIN_VISIT_SECONDS)


def _no_sheet(request: HttpRequest) -> HttpResponse:
    """A sheet that nobody printed; who tries many is asked to wait."""
    try:
        guessing.count(guessing.wrong_codes, request.META.get("REMOTE_ADDR", ""))
    except TooMany as problem:
        return slowed_down(request, problem)
    return _closed_sheet(request, None, HTTPStatus.NOT_FOUND)


def _closed_sheet(
    request: HttpRequest, sheet: sheets.Sheet | None, status: HTTPStatus
) -> HttpResponse:
    return render(
        request,
        "citizen/closed_sheet.html",
        {"state": sheet.state.value if sheet else "unknown", "place": sheet and sheet.place},
        status=status,
    )


def _rated_already(request: HttpRequest, place: Place) -> HttpResponse:
    return render(
        request,
        "citizen/rated_already.html",
        {"place": place, "minutes": max(1, settings.HUIYIN_ON_SITE_WINDOW_SECONDS // 60)},
        status=HTTPStatus.CONFLICT if request.method == "POST" else HTTPStatus.OK,
    )
