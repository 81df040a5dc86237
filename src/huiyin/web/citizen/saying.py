"""The citizen's word beside the review: on an appeal, on a faked rectification, on withdrawing.

Each is a page of its own with one form, below the status page's address, which is the key.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from django.core.exceptions import TooManyFilesSent
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from huiyin.appeals import services
from huiyin.intake.channels.web.form import accept_photos
from huiyin.kernel.problems import Problem
from huiyin.matters import services as matters
from huiyin.matters.models import Matter
from huiyin.reviews import errors
from huiyin.reviews.errors import TooManyPhotos
from huiyin.reviews.services import MAX_PHOTOS
from huiyin.web.citizen import choices, queries
from huiyin.web.citizen.views import unknown
from huiyin.web.views import error_page

_MAY_SAY = services.MAX_WORDS


class _Wrong(Exception):
    """Everything that is wrong with what was sent."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__()
        self.problems = problems


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def be_heard(request: HttpRequest, code: str) -> HttpResponse:
    """What the unit claims, and the citizen's answer to it."""

    def say(matter: Matter, text: str) -> None:
        services.be_heard(matter=matter, text=text)

    def open_(offered: choices.Choices) -> bool:
        return offered.hearing is not None and offered.hearing.may_speak

    return _page(request, code, "citizen/be_heard.html", open_, say)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def report_fake(request: HttpRequest, code: str) -> HttpResponse:
    """“They only pretended”: what follows, and what was seen."""

    def say(matter: Matter, text: str) -> None:
        photos, problems = accept_photos(request.FILES.getlist("photos"))
        if problems:
            raise _Wrong(problems)
        services.report_fake(matter=matter, text=text, photos=photos)

    return _page(request, code, "citizen/report_fake.html", lambda may: may.may_report_fake, say)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, code: str) -> HttpResponse:
    """Asks once more, and says that the review stays."""

    def say(matter: Matter, text: str) -> None:
        matters.withdraw(matter=matter, reason=text)

    return _page(request, code, "citizen/withdraw.html", lambda may: may.may_withdraw, say)


def _page(
    request: HttpRequest,
    code: str,
    template: str,
    is_open: Callable[[choices.Choices], bool],
    say: Callable[[Matter, str], None],
) -> HttpResponse:
    """The form, or what came of it. What is not open any more leads back to the status page, which
    tells why."""
    try:
        matter = queries.matter_by_code(code)
    except errors.ReceiptUnknown:
        return unknown(request, code)
    offered = choices.of(matter)
    if matter is None or not is_open(offered):
        return redirect("citizen:status", code)
    faults: list[Problem] = []
    try:
        text = request.POST.get("text", "")
        if request.method == "POST":
            say(matter, text)
            return redirect("citizen:status", code)
    except TooManyFilesSent:
        return error_page(request, HTTPStatus.BAD_REQUEST, str(TooManyPhotos.title))
    except _Wrong as wrong:
        faults = wrong.problems
    except Problem as problem:
        if problem.status != HTTPStatus.UNPROCESSABLE_ENTITY:
            return redirect("citizen:status", code)
        faults = [problem]
    return render(
        request,
        template,
        {
            "code": code,
            "offered": offered,
            "text": text,
            "errors": [str(fault) for fault in faults if fault.field != "photos"],
            "photo_errors": [str(fault) for fault in faults if fault.field == "photos"],
            "limit": _MAY_SAY,
            "max_photos": MAX_PHOTOS,
        },
        status=HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK,
    )
