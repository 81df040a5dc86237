"""What every response carries, and the demo's shared clock."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

from huiyin.kernel import timemachine

# Addresses that show what only their reader may see: no cache, shared or not, keeps a copy.
_PRIVATE = ("/r/", "/s/", "/desk/", "/admin/")
_HEALTH = ("/healthz", "/readyz")


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
        return response


class DemoClock(MiddlewareMixin):
    """Takes over the clock that another process of this demo moved; one query a request."""

    def process_request(self, request: HttpRequest) -> None:
        if request.path not in _HEALTH:
            timemachine.sync()
