"""The rating page, whoever is asked: the form, why a link opens none, and on to the receipt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from huiyin.intake.channels.web import form
from huiyin.kernel.problems import Problem
from huiyin.reviews import services as reviews
from huiyin.web.citizen import queries

FLASH_COOKIE = "huiyin_receipt"
_FLASH_SECONDS = 600
_FIELDS = ("level", "tags", "text", "photos", "mobile", "case_number")
_WITH_A_PLACE = ("text", "photos", "mobile", "case_number")


@dataclass(frozen=True)
class Message:
    """Something to put right before the form can be sent, and where on the page."""

    field: str
    href: str
    text: str


def rating_page(
    request: HttpRequest,
    invited: queries.Invited,
    filled: form.Filled,
    problems: list[Problem] | None = None,
    *,
    template: str = "citizen/rate.html",
    more: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """The form, as it was ``filled``, with what is wrong; ``more`` for a ``template`` that asks
    more."""
    found = [
        Message(problem.field or "", _place_of(problem, invited, filled), str(problem))
        for problem in problems or []
    ]
    messages_of = {
        field: [message.text for message in found if message.field == field] for field in _FIELDS
    }
    return render(
        request,
        template,
        {
            "invited": invited,
            "filled": filled,
            "messages_of": messages_of,
            "level_error": " ".join(messages_of["level"] + messages_of["tags"]),
            "problems": found,
            "photos_lost": bool(request.FILES.getlist("photos")) if problems else False,
            "max_text": reviews.MAX_TEXT,
            "max_photos": reviews.MAX_PHOTOS,
            **(more or {}),
        },
        status=HTTPStatus.UNPROCESSABLE_ENTITY if problems else HTTPStatus.OK,
    )


def _place_of(problem: Problem, invited: queries.Invited, filled: form.Filled) -> str:
    """Where on the page the problem can be put right."""
    if problem.field == "tags" and filled.level:
        first = next(iter(invited.tags_by_level[filled.level]), None)
        return f"#tag-{first[0]}" if first else "#text"
    return f"#{problem.field}" if problem.field in _WITH_A_PLACE else "#level-5"


def closed_link(request: HttpRequest, problem: Problem) -> HttpResponse:
    """Why a link opens no form, and what can be done instead. Never tells what was rated."""
    return render(
        request,
        "citizen/closed_link.html",
        {"reason": problem.code, "problem": problem},
        status=problem.status,
    )


def to_status(code: str, *, ordinal: int) -> HttpResponse:
    """On to the status page, which shows the receipt first, once."""
    address = reverse("citizen:status", args=[code])
    response = redirect(address)
    # Bound to the one address: it says nothing but that this browser has just come from the form.
    response.set_cookie(
        FLASH_COOKIE,
        str(ordinal),
        max_age=_FLASH_SECONDS,
        path=address,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response
