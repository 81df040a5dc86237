"""The text-size switch of every page, the error pages, and the demo's styleguide."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from huiyin.web import styleguide_content
from huiyin.web.context import LARGE_TEXT_COOKIE

_A_YEAR = 365 * 24 * 3600
_ERROR_PAGES = frozenset({400, 403, 404, 413, 429, 503})


def text_size(request: HttpRequest) -> HttpResponse:
    """Switch large text on or off for this browser and return to the page.

    Like Django's ``set_language``, only POST changes anything and any other method just returns.
    """
    target = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        target = "/"
    response = HttpResponseRedirect(target)
    if request.method == "POST":
        if request.POST.get("large") == "1":
            response.set_cookie(
                LARGE_TEXT_COOKIE,
                "1",
                max_age=_A_YEAR,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
        else:
            response.delete_cookie(LARGE_TEXT_COOKIE, samesite="Lax")
    return response


def error_page(request: HttpRequest, status: int, detail: str = "") -> HttpResponse:
    """The page for ``status``; one without a page of its own looks like 400.

    ``detail`` is a sentence that says what can be done, in place of the page's own.
    """
    template = f"{status if status in _ERROR_PAGES else 400}.html"
    return render(request, template, {"detail": detail, "status": status}, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(request, 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(request, 404)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """For a form that was open for too long, or sent from elsewhere."""
    return render(request, "403_csrf.html", {"status": 403}, status=403)


def server_error(request: HttpRequest) -> HttpResponse:
    """Rendered without the context processors: one of them may be what failed."""
    return HttpResponse(render_to_string("500.html", {"status": 500}), status=500)


@require_http_methods(["GET", "HEAD", "POST"])
def styleguide(request: HttpRequest) -> HttpResponse:
    """Every component with invented content, to be looked at and tested. Demo mode only.

    POST shows the form as it comes back with errors; nothing is stored.
    """
    data = request.POST if request.method == "POST" else None
    return render(
        request,
        "web/styleguide.html",
        styleguide_content.content(data),
        status=422 if data is not None else 200,
    )
