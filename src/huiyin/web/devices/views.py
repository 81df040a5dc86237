"""The pages of devices: pairing, and the tablet at a counter.

They hold nothing of who looks at them, and need no session: a device shows its key with each request
that its scripts make. So they are the same bytes for every device, and a terminal may keep them.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, override
from django.views.decorators.http import require_safe

from asgiref.sync import sync_to_async

from huiyin.intake.channels.counter_device.stream import CONTENT_TYPE, events_for
from huiyin.intake.devices.errors import DeviceRevoked
from huiyin.intake.devices.models import Device
from huiyin.intake.devices.queries import device_by_key
from huiyin.reviews.models import Level

_LONGEST_BEARER = 300
_OTHER = {"zh-hans": ("en", "English"), "en": ("zh-hans", "中文")}


@require_safe
def pair(request: HttpRequest, language: str = "") -> HttpResponse:
    """Pairing; in the language of the browser unless the address says one."""
    chosen = language or ("en" if get_language() == "en" else "zh-hans")
    return _page(request, "devices/pair.html", chosen, "devices:pair_in")


@require_safe
def counter(request: HttpRequest, language: str) -> HttpResponse:
    """The tablet at a counter."""
    return _page(request, "devices/counter.html", language, "devices:counter")


async def stream(request: HttpRequest) -> HttpResponseBase:
    """What the tablet is to show, from now on; under the device's key."""
    if request.method != "GET":
        return HttpResponse(status=405, headers={"Allow": "GET"})
    scheme, _space, key = request.headers.get("Authorization", "").partition(" ")
    try:
        device = await sync_to_async(_known)(key if scheme == "Bearer" else "")
    except DeviceRevoked:
        return HttpResponse(status=DeviceRevoked.status)
    if device is None or device.kind != Device.Kind.COUNTER_DEVICE:
        return HttpResponse(status=401)
    response = StreamingHttpResponse(events_for(device), content_type=CONTENT_TYPE)
    response.headers["Cache-Control"] = "no-store"
    # A reverse proxy must pass every event on at once.
    response.headers["X-Accel-Buffering"] = "no"
    return response


def _known(key: str) -> Device | None:
    return device_by_key(key) if 0 < len(key) <= _LONGEST_BEARER else None


def _page(
    request: HttpRequest, template: str, language: str, name: str, **more: Any
) -> HttpResponse:
    other, other_name = _OTHER[language]
    with override(language):
        response = render(
            request,
            template,
            {
                "software": version("huiyin"),
                "levels": [(level.value, level.label) for level in Level],
                "pair_url": reverse("devices:pair"),
                "counter_url": reverse("devices:counter", args=[language]),
                "stream_url": reverse("devices:stream"),
                "other_url": reverse(name, args=[other]),
                "other_lang": "en" if other == "en" else "zh-Hans",
                "other_name": other_name,
                "find_url": f"{settings.HUIYIN_BASE_URL}{reverse('citizen:find')}",
                "keep_days": settings.HUIYIN_KIOSK_DAYS,
                **more,
            },
        )
    response.headers["Content-Language"] = language
    # Asked for again each time, and never kept by anybody between; a terminal's worker keeps its own.
    response.headers["Cache-Control"] = "no-cache"
    return response
