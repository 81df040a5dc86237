"""The short addresses of text messages: on to those with the token."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from huiyin.intake.invitations.short_links import token_behind
from huiyin.reviews.errors import TokenInvalid
from huiyin.web.citizen.rating_page import closed_link


@require_safe
def rate(request: HttpRequest, code: str) -> HttpResponse:
    """On to the rating page."""
    return _on(request, code, "citizen:rate")


@require_safe
def invitations(request: HttpRequest, code: str) -> HttpResponse:
    """On to where invitations are wanted no more, or again."""
    return _on(request, code, "citizen:invitations")


def _on(request: HttpRequest, code: str, name: str) -> HttpResponse:
    try:
        return redirect(name, token_behind(code))
    except TokenInvalid as problem:
        return closed_link(request, problem)
