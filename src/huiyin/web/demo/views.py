"""A portal and an app in which a tester rates as a citizen would."""

from __future__ import annotations

from csp.decorators import csp_update
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods, require_safe

from huiyin.intake.embedding.script import NEWEST, RELEASED
from huiyin.web.demo import hooks

_PAGES = {"script": "demo:portal", "iframe": "demo:portal", "app": "demo:app"}


@require_http_methods(["GET", "HEAD", "POST"])
def home(request: HttpRequest) -> HttpResponse:
    """What there is to try; each try is a new invented citizen's."""
    page = request.POST.get("page", "") if request.method == "POST" else ""
    if page not in _PAGES:
        return render(request, "demo/home.html")
    answer = redirect(_PAGES[page], hooks.new_token(_origin(request)))
    if page == "iframe":
        answer["Location"] += "?way=iframe"
    return answer


@require_safe
def portal(request: HttpRequest, token: str) -> HttpResponseBase:
    """Another site's page, with a policy as strict as one could have, and the rating page in it."""
    base = settings.HUIYIN_BASE_URL
    context = {
        "token": token,
        "base": base,
        "language": get_language(),
        "script": RELEASED[NEWEST],
        "way": "iframe" if request.GET.get("way") == "iframe" else "script",
        "origin": _origin(request),
    }

    @csp_update({"script-src": [base], "frame-src": ["'self'", base]})
    def page(request: HttpRequest) -> HttpResponse:
        return render(request, "demo/portal.html", context)

    return page(request)


@require_safe
def app(request: HttpRequest, token: str) -> HttpResponse:
    """An app's own page, which asks the API as a mini-program does: token in, receipt out."""
    return render(request, "demo/app.html", {"token": token, "language": get_language()})


def _origin(request: HttpRequest) -> str:
    return f"{request.scheme}://{request.get_host()}"
