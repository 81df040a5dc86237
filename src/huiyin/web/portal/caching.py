"""What browsers may keep of a public page: exactly what one epoch shows.

The validators name the epoch, never the moment a row changed, so that asking again and again tells
nothing between two sealings.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from importlib.metadata import version
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language
from django.views.decorators.http import condition, require_safe

from huiyin.indicators import queries
from huiyin.web.context import LARGE_TEXT_COOKIE

_RELEASE = version("huiyin")
View = Callable[..., HttpResponseBase]


def moves_in_epochs(view: View) -> View:
    """``view`` answers GET and HEAD, and 304 until the next epoch is in the figures."""
    conditional = require_safe(condition(etag_func=_etag, last_modified_func=_modified)(view))

    @wraps(view)
    def call(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = conditional(request, *args, **kwargs)
        # Private: the page holds this browser's form token.
        response.headers["Cache-Control"] = "private, no-cache"
        patch_vary_headers(response, ["Cookie", "Accept-Language"])
        return response

    return call


def _etag(request: HttpRequest, *args: Any, **kwargs: Any) -> str:
    folded = queries.latest()
    seen = (
        _RELEASE,
        str(folded.epoch_id if folded else 0),
        get_language() or "",
        request.COOKIES.get(LARGE_TEXT_COOKIE, ""),
        # The page's forms belong to this cookie; with another one they would be refused.
        request.COOKIES.get(settings.CSRF_COOKIE_NAME, ""),
    )
    return f'"{hashlib.sha256(repr(seen).encode()).hexdigest()[:32]}"'


def _modified(request: HttpRequest, *args: Any, **kwargs: Any) -> datetime | None:
    folded = queries.latest()
    return folded.epoch.sealed_at if folded else None
