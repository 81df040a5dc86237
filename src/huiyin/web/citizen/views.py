"""The pages of the person who rates: ``/r/{token}`` to rate, ``/s/{code}`` to follow what happens.

Neither needs an account or a session: the address is the key. That is also why these forms carry no
CSRF token. Whoever could forge such a request knows the address and needs nobody's browser, and a
citizen whose browser keeps no cookies can still rate.
"""

from __future__ import annotations

import io
import secrets
from contextlib import suppress
from http import HTTPStatus
from uuid import UUID

import msgspec
import segno
from django.conf import settings
from django.core.exceptions import TooManyFilesSent
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from huiyin.intake.channels.kiosk.slips import receipt_code_of
from huiyin.intake.channels.web import form
from huiyin.intake.lane import lane
from huiyin.kernel import ids
from huiyin.kernel.problems import NotFound, Problem, TooMany
from huiyin.kernel.throttle import Throttle
from huiyin.matters import services as matters
from huiyin.matters.errors import NotNow
from huiyin.matters.models import FollowUp
from huiyin.reviews import errors, tokens
from huiyin.reviews import services as reviews
from huiyin.web.citizen import on_the_spot, queries
from huiyin.web.citizen.rating_page import FLASH_COOKIE, closed_link, rating_page, to_status
from huiyin.web.views import error_page

# For codes that are well-formed and nobody's. A code has 75 bits, so this saves work, not secrets:
# a right code always opens, whatever else was tried from the same service hall's address.
guesses = Throttle(burst=20, per_minute=10)


# How a message of the citizen got here, as its step says.
_VIA = "status_page"


# Rating


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def rate(request: HttpRequest, token: str) -> HttpResponse:
    """The rating page of an invitation or a visit, and taking what was filled in."""
    try:
        right = tokens.read(token)
        if isinstance(right, tokens.Visit):
            return on_the_spot.rate(request, token, right)
        if request.method != "POST":
            invited = queries.invited(right)
            return rating_page(request, invited, form.Filled(key=secrets.token_urlsafe(16)))
        return _submit(request, right)
    except TooManyFilesSent:
        return error_page(
            request,
            HTTPStatus.BAD_REQUEST,
            _("At most five photographs can be added. Please go back and choose fewer."),
        )
    except errors.IdempotencyKeyReused:
        # Sent, gone back to, changed and sent again: to a citizen the link has been used.
        return closed_link(request, errors.TokenUsed())
    except Problem as problem:
        return closed_link(request, problem)


def _submit(request: HttpRequest, right: tokens.Token) -> HttpResponse:
    filled = form.decode(request.POST)
    # Pictures cost much to decode: a link that takes no review any more gets no work done.
    uploads = request.FILES.getlist("photos") if reviews.takes_review(right) else []
    review, problems = form.review_of(filled, uploads)
    if review is not None:
        try:
            receipt = lane.give(reviews.Given(right, review, get_language() or ""))
        except Problem as problem:
            if problem.status != HTTPStatus.UNPROCESSABLE_ENTITY:
                raise
            problems = [problem]
        else:
            return to_status(receipt.code, ordinal=receipt.ordinal)
    return rating_page(request, queries.invited(right), filled, problems)


# Following


@require_safe
def find(request: HttpRequest) -> HttpResponse:
    """The form for a code that was written down; a right one leads to its page."""
    typed = request.GET.get("code", "")
    if not typed.strip():
        return _find_page(request)
    code = ids.read_code(typed)
    return redirect("citizen:status", code) if code else unknown(request, typed)


@require_safe
def status(request: HttpRequest, code: str) -> HttpResponse:
    """Where a review stands, for whoever holds its receipt."""
    canonical = ids.read_code(code)
    if canonical is None:
        return unknown(request, code)
    if canonical != code:
        return redirect("citizen:status", canonical)
    try:
        found = queries.status(code)
    except errors.ReceiptUnknown:
        # The code of a terminal's slip looks like that of a receipt.
        of_slip = receipt_code_of(code)
        return redirect("citizen:status", of_slip) if of_slip else unknown(request, code)
    fresh = request.COOKIES.get(FLASH_COOKIE, "")
    shown = next((given for given in found.given if str(given.review.ordinal) == fresh), None)
    response = render(
        request,
        "citizen/status.html",
        {
            "status": found,
            "code": code,
            "receipts": [_with_picture(given) for given in found.given],
            "fresh": _with_picture(shown) if shown else None,
            "log_url": f"{settings.HUIYIN_BASE_URL}/log",
        },
    )
    if fresh:
        response.delete_cookie(FLASH_COOKIE, path=request.path, samesite="Lax")
    return response


@require_safe
def progress(request: HttpRequest, code: str) -> HttpResponse:
    """The part of the status page that changes. 204 when it looks as it did (``seen``)."""
    try:
        found = queries.status(code)
    except errors.ReceiptUnknown:
        return unknown(request, code)
    if request.GET.get("seen") == found.version:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    return render(request, "citizen/progress.html", {"status": found, "code": code, "news": True})


@require_safe
def rate_again(request: HttpRequest, code: str) -> HttpResponse:
    """On to the follow-up review, while it is open."""
    try:
        matter = queries.matter_by_code(code)
    except errors.ReceiptUnknown:
        return unknown(request, code)
    token = reviews.follow_up_token(matter) if matter else None
    return redirect("citizen:rate", token) if token else redirect("citizen:status", code)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def decline(request: HttpRequest, code: str) -> HttpResponse:
    """Asks once more, then records that the citizen does not want to rate again."""
    try:
        matter = queries.matter_by_code(code)
    except errors.ReceiptUnknown:
        return unknown(request, code)
    if matter is None or matter.follow_up != FollowUp.ASKED:
        return redirect("citizen:status", code)
    if request.method != "POST":
        return render(request, "citizen/decline.html", {"code": code})
    # Answered, declined or expired meanwhile: the status page tells which.
    with suppress(Problem):
        matters.decline_follow_up(matter=matter)
    return redirect("citizen:status", code)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def write(request: HttpRequest, code: str) -> HttpResponse:
    """Takes a message to the unit, while the matter is open."""
    try:
        matter = queries.matter_by_code(code)
    except errors.ReceiptUnknown:
        return unknown(request, code)
    if matter is None or matter.closed_at is not None:
        return redirect("citizen:status", code)
    typed, problem = "", None
    if request.method == "POST":
        typed = request.POST.get("message", "")
        try:
            matters.citizen_writes(matter=matter, text=typed, via=_VIA)
        except NotNow:
            # Closed meanwhile: the status page tells.
            return redirect("citizen:status", code)
        except Problem as found:
            problem = found
        else:
            return redirect("citizen:status", code)
    return render(
        request,
        "citizen/write.html",
        {
            "code": code,
            "typed": typed,
            "errors": [str(problem)] if problem else [],
            "unit": str(matter.organisation),
            "contact_ended": matter.contact_ended_at is not None,
            "limit": matters.MAX_CITIZEN_TEXT,
        },
        status=problem.status if problem else HTTPStatus.OK,
    )


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def end_contact(request: HttpRequest, code: str) -> HttpResponse:
    """Asks once more, then records that the citizen does not want to be called or written to."""
    try:
        matter = queries.matter_by_code(code)
    except errors.ReceiptUnknown:
        return unknown(request, code)
    if matter is None or matter.closed_at is not None or matter.contact_ended_at is not None:
        return redirect("citizen:status", code)
    if request.method != "POST":
        unit = str(matter.organisation)
        return render(request, "citizen/end_contact.html", {"code": code, "unit": unit})
    # Closed or ended meanwhile: the status page tells which.
    with suppress(Problem):
        matters.end_contact(matter=matter, via=_VIA)
    return redirect("citizen:status", code)


@require_safe
def qr_picture(request: HttpRequest, code: str) -> HttpResponse:
    """The QR code of the status page as a picture to keep."""
    canonical = ids.read_code(code)
    if canonical is None:
        return unknown(request, code)
    picture = io.BytesIO()
    _qr(canonical).save(picture, kind="png", scale=12, border=4)
    response = HttpResponse(picture.getvalue(), content_type="image/png")
    response["Content-Disposition"] = 'attachment; filename="huiyin-receipt.png"'
    return response


@require_safe
def receipt_file(request: HttpRequest, code: str) -> HttpResponse:
    """The receipt as a file, to keep and to verify."""
    try:
        receipt = queries.own_receipt(code)
    except errors.ReceiptUnknown:
        return unknown(request, code)
    written = msgspec.json.format(msgspec.json.encode(receipt), indent=1)
    response = HttpResponse(written, content_type="application/json")
    response["Content-Disposition"] = 'attachment; filename="huiyin-receipt.json"'
    # It is a key, and it changes when words are erased.
    response["Cache-Control"] = "no-store"
    return response


@require_safe
def photo(request: HttpRequest, code: str, photo_id: UUID) -> HttpResponse:
    """One of the citizen's own pictures, as it was stored."""
    try:
        found = queries.own_photo(code, photo_id)
    except errors.ReceiptUnknown:
        return unknown(request, code)
    except NotFound:
        return error_page(request, HTTPStatus.NOT_FOUND)
    with found.file.open("rb") as picture:
        return HttpResponse(picture.read(), content_type=found.media_type)


def _with_picture(given: queries.Given) -> dict[str, object]:
    return {"given": given, "qr_src": _qr(given.code).svg_data_uri(border=2)}


def _qr(code: str) -> segno.QRCode:
    return segno.make(f"{settings.HUIYIN_BASE_URL}/s/{code}", error="m", micro=False)


def unknown(request: HttpRequest, typed: str) -> HttpResponse:
    """The form again, kindly. Mistyped codes are told by their check character and cost nothing."""
    if ids.read_code(typed) is None:
        return _find_page(
            request,
            typed,
            _("This code is not complete or has a typing error."),
            HTTPStatus.NOT_FOUND,
        )
    address = request.META.get("REMOTE_ADDR", "")
    try:
        guesses.check(address)
    except TooMany as problem:
        response = _find_page(request, typed, str(problem), HTTPStatus.TOO_MANY_REQUESTS)
        response["Retry-After"] = str(problem.extra["retry_after"])
        return response
    guesses.spend(address)
    return _find_page(request, typed, str(errors.ReceiptUnknown()), HTTPStatus.NOT_FOUND)


def _find_page(
    request: HttpRequest, typed: str = "", error: str = "", status: int = HTTPStatus.OK
) -> HttpResponse:
    return render(
        request, "citizen/find.html", {"typed": typed[:40], "error": error}, status=status
    )
