"""The rating page inside a page of a registered site, and the script that puts it there.

Needs neither cookie nor session: the token is the right, as everywhere on the citizen's pages, so
it works where browsers keep nothing for a page within a page. The embedding page learns that
somebody has rated, never what: neither from a message nor from the height of the frame
(``embedded.js``), and the receipt's code stays inside. Why: docs/explain/embedding.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from csp.decorators import csp_replace
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotModified,
)
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from huiyin.intake.embedding import queries
from huiyin.intake.embedding.script import MAJOR, NEWEST, RELEASED
from huiyin.reviews.receipts import Receipt
from huiyin.web.citizen import views

_LANGUAGES = {"en": "en", "zh-hans": "zh-hans", "zh": "zh-hans", "zh-cn": "zh-hans"}
_FOR_EVER = "public, max-age=31536000, immutable"
_FOR_AN_HOUR = "public, max-age=3600"


@dataclass(frozen=True)
class Embedded:
    """In which page the rating page stands; templates find it as ``request.embedded``."""

    # The origin that is told when the page is ready and when somebody has rated; or nobody.
    origin: str
    layout: str = "citizen/embedded.html"


class EmbeddedRequest(HttpRequest):
    embedded: Embedded


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def rate(request: HttpRequest, token: str) -> HttpResponseBase:
    """The rating page of an invitation, to be framed by registered origins and by nobody else.

    ``origin`` (query): the embedding page's own; messages are sent to it when it is registered.
    ``lang``: zh-hans or en; otherwise as the browser asks.
    """
    registered = queries.origins()
    asked = request.GET.get("origin", "")
    cast("EmbeddedRequest", request).embedded = Embedded(asked if asked in registered else "")
    language = _LANGUAGES.get(request.GET.get("lang", "").lower())
    if language:
        translation.activate(language)
        request.LANGUAGE_CODE = language

    def page(request: HttpRequest) -> HttpResponseBase:
        return views.rating(request, token, rated=_rated, invited_only=True)

    framed = csp_replace({"frame-ancestors": registered})(page)
    response = xframe_options_exempt(framed)(request) if registered else page(request)
    # The address is a right: it is told to nobody, ourselves included.
    response["Referrer-Policy"] = "no-referrer"
    # So that a page that is isolated from others may embed this one.
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["Cross-Origin-Embedder-Policy"] = "require-corp"
    return response


def _rated(request: HttpRequest, receipt: Receipt) -> HttpResponse:
    """The receipt's code and the way to the status page. The same for every level."""
    return render(request, "citizen/embedded_rated.html", {"receipt": receipt})


@require_safe
def script(request: HttpRequest, version: str) -> HttpResponse:
    """``v1`` is the newest of its kind; a full version never changes and can be pinned by hash."""
    found = RELEASED.get(NEWEST if version == MAJOR else version)
    if found is None:
        raise Http404
    etag = f'"{found.version}-{found.integrity[-16:]}"'
    response: HttpResponse
    if request.headers.get("If-None-Match") == etag:
        response = HttpResponseNotModified()
    else:
        response = HttpResponse(found.body, content_type="text/javascript; charset=utf-8")
    response["ETag"] = etag
    response["Cache-Control"] = _FOR_AN_HOUR if version == MAJOR else _FOR_EVER
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    # Browsers compare the hash of what another site sent only when that site lets them read it.
    response["Access-Control-Allow-Origin"] = "*"
    return response
