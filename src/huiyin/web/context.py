"""What every page knows of the platform."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

LARGE_TEXT_COOKIE = "huiyin_large"


def platform(request: HttpRequest) -> dict[str, Any]:
    return {
        "demo": settings.HUIYIN_DEMO,
        "large_text": request.COOKIES.get(LARGE_TEXT_COOKIE) == "1",
        "log_name": settings.HUIYIN_LOG_NAME,
    }
