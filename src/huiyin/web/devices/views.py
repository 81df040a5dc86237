"""The pages of devices: pairing, the tablet at a counter, the self-service terminal.

They hold nothing of who looks at them, and need no session: a device shows its key with each
request that its scripts make. So they are the same bytes for every device, and a terminal may keep
them.
"""

from __future__ import annotations

import hashlib
import json
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from huiyin.intake.channels.counter_device.stream import CONTENT_TYPE, events_for
from huiyin.intake.channels.kiosk.slips import receipt_code_of
from huiyin.intake.devices.errors import DeviceRevoked
from huiyin.intake.devices.models import Device
from huiyin.intake.devices.queries import device_by_key
from huiyin.kernel import ids
from huiyin.reviews.models import Level

_LONGEST_BEARER = 300
_WORKER = "devices/worker.js"
# The files that a terminal's page needs without a network.
_KEPT = (
    "huiyin/mark.svg",
    "huiyin/huiyin.css",
    "vendor/pico/pico.min.css",
    "vendor/qrcode-generator/qrcode.js",
    "devices/devices.css",
    "devices/store.js",
    "devices/calls.js",
    "devices/faces.js",
    "devices/queue.js",
    "devices/kiosk.js",
)
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


@require_safe
def kiosk(request: HttpRequest, language: str) -> HttpResponse:
    """The self-service terminal."""
    return _page(
        request,
        "devices/kiosk.html",
        language,
        "devices:kiosk",
        needs_detail=True,
        find_url=f"{settings.HUIYIN_BASE_URL}{reverse('devices:find_slip')}",
    )


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker of the terminal's pages: what to keep, and then the script itself.

    Its bytes change whenever one of the pages or files does, and then the browser takes the new
    ones.
    """
    pages = {
        reverse("devices:kiosk", args=[language]): kiosk(request, language).content
        for language in _OTHER
    }
    files = [static(name) for name in _KEPT]
    digest = hashlib.sha256(b"".join([*pages.values(), *(name.encode() for name in files)]))
    kept = {"version": digest.hexdigest()[:16], "files": [*pages, *files]}
    script = f"self.KEPT = {json.dumps(kept)};\nimportScripts({json.dumps(static(_WORKER))});\n"
    response = HttpResponse(script, content_type="text/javascript; charset=utf-8")
    response.headers["Cache-Control"] = "no-cache"
    return response


@require_safe
def find_slip(request: HttpRequest) -> HttpResponse:
    """The form for the code of a slip that was written down."""
    typed = request.GET.get("code", "").strip()
    if not typed:
        return _slip_form(request, "", "", HTTPStatus.OK)
    code = ids.read_code(typed)
    return redirect("devices:slip", code) if code else slip(request, typed)


def _slip_form(request: HttpRequest, typed: str, error: str, status: int) -> HttpResponse:
    return render(
        request, "devices/slip_find.html", {"typed": typed[:40], "error": error}, status=status
    )


@require_safe
def slip(request: HttpRequest, code: str) -> HttpResponse:
    """On to the page of the rating that was given at a terminal, once it has been delivered."""
    canonical = ids.read_code(code)
    if canonical is None:
        wrong = _("This code is not complete or has a typing error.")
        return _slip_form(request, code, wrong, HTTPStatus.NOT_FOUND)
    if canonical != code:
        return redirect("devices:slip", canonical)
    receipt_code = receipt_code_of(code)
    if receipt_code:
        return redirect("citizen:status", receipt_code)
    return render(
        request,
        "devices/slip.html",
        {"code": code, "keep_days": settings.HUIYIN_KIOSK_DAYS},
        status=HTTPStatus.NOT_FOUND,
    )


async def stream(request: HttpRequest) -> HttpResponseBase:
    """What the tablet is to show, from now on; under the device's key."""
    scheme, _space, key = request.headers.get("Authorization", "").partition(" ")
    try:
        device = await sync_to_async(_known)(key if scheme == "Bearer" else "")
    except DeviceRevoked:
        return HttpResponse(status=DeviceRevoked.status)
    if device is None or device.kind != Device.Kind.COUNTER_DEVICE:
        return HttpResponse(status=401)
    if request.method != "GET":
        return HttpResponse(status=405, headers={"Allow": "GET"})
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
                "kiosk_url": reverse("devices:kiosk", args=[language]),
                "worker_url": reverse("devices:worker"),
                "scope_url": reverse("devices:worker").rpartition("/")[0] + "/",
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
    # Nobody between keeps it; the worker of a terminal keeps its own.
    response.headers["Cache-Control"] = "no-cache"
    return response
