"""What every response carries, probes, and the demo's shared clock."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.test import RequestFactory
from django.utils.deprecation import MiddlewareMixin
from django.utils.module_loading import import_string

from huiyin.conf import health
from huiyin.kernel import timemachine

# Addresses that show what only their reader may see: no cache, shared or not, keeps a copy.
_PRIVATE = ("/i/", "/r/", "/embed/r/", "/s/", "/slip/", "/desk/", "/cockpit/", "/admin/")
# The log's files are read by machines; so is the script that other sites load.
_IN_NO_LANGUAGE = ("/log/", "/embed/v")
_PROBES = {"/healthz": health.alive, "/readyz": health.ready}


class SecurityHeaders(MiddlewareMixin):
    """The headers that Django and the content security policy do not set."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        response.headers.setdefault(
            "Permissions-Policy",
            "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
        )
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if request.path.startswith(_PRIVATE):
            response.headers["Cache-Control"] = "private, no-store"
        if request.path.startswith(_IN_NO_LANGUAGE) and response.status_code < 400:
            # The same bytes for everybody: caches need not keep one for each language.
            del response.headers["Content-Language"]
            _do_not_vary_by(response, "accept-language")
        return response


def headers_of_every_answer(secure: bool) -> list[tuple[bytes, bytes]]:
    """What the middleware before ``Probes`` sets on any answer, for those that are given beside
    the framework."""
    request = RequestFactory().get("/", secure=secure)
    answer: Callable[[HttpRequest], HttpResponseBase] = lambda _request: HttpResponse()  # noqa: E731
    ours = settings.MIDDLEWARE.index(f"{Probes.__module__}.{Probes.__name__}")
    for name in reversed(settings.MIDDLEWARE[:ours]):
        answer = import_string(name)(answer)
    return [
        (name.lower().encode(), value.encode())
        for name, value in answer(request).items()
        if name != "Content-Type"
    ]


def _do_not_vary_by(response: HttpResponseBase, header: str) -> None:
    names = [name.strip() for name in response.headers.get("Vary", "").split(",")]
    kept = [name for name in names if name and name.lower() != header]
    if kept:
        response.headers["Vary"] = ", ".join(kept)
    else:
        del response.headers["Vary"]


class Probes(MiddlewareMixin):
    """Answers load balancers before anything looks at the host: they ask by address, not name."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        answer = _PROBES.get(request.path_info)
        return answer(request) if answer else None


class DemoClock(MiddlewareMixin):
    """Takes over the clock that another process of this demo moved; one query a request."""

    def process_request(self, request: HttpRequest) -> None:
        timemachine.sync()
