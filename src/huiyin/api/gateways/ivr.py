"""What an IVR platform posts of calls by keys, and a call centre of calls it wants placed; the
contract is docs/reference/ivr.md."""

from __future__ import annotations

import json
import logging

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from huiyin.api.gateways.views import for_providers
from huiyin.intake.channels.hotline import ivr, services
from huiyin.intake.channels.hotline.errors import CallUnknown
from huiyin.intake.channels.hotline.models import Call
from huiyin.kernel import clock
from huiyin.kernel.problems import Problem
from huiyin.notices.sms import numbers
from huiyin.notices.transports.sms_http.gateway import NotTheProvider
from huiyin.notices.transports.sms_http.rendering import Unreadable
from huiyin.notices.transports.webhook import signing

log = logging.getLogger(__name__)


@for_providers
def calls_by_keys(request: HttpRequest) -> HttpResponse:
    """One message of a call, answered with what to do next, signed as the message was."""
    if not settings.HUIYIN_IVR_SECRET or request.method != "POST":
        raise NotTheProvider
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        signing.check(
            secret=settings.HUIYIN_IVR_SECRET,
            headers=headers,
            body=request.body,
            at=clock.machine_now(),
        )
    except signing.BadSignature as error:
        raise NotTheProvider from error
    try:
        posted = ivr.read(request.body)
    except ivr.Unreadable as error:
        raise Unreadable(str(error)) from error
    try:
        if isinstance(posted, ivr.Wanted):
            placed = services.place_for_centre(code=posted.code, line=posted.line)
            said = json.dumps({"call": posted.code, "reference": placed.code}).encode()
            return _signed(request, 202, said)
        call, found = services.hear(call=_call_of(posted), message=posted.message)
    except Problem as problem:
        log.info("a message of a call was refused: %s", problem.code)
        body = json.dumps(problem.as_dict(), ensure_ascii=False, default=str).encode()
        return _signed(request, problem.status, body)
    return _signed(request, 200, ivr.answer(call, found))


def _call_of(told: ivr.Told) -> Call:
    """Raises ``CallUnknown``."""
    if told.came_in:
        number = numbers.normal(told.number)
        return services.started(
            incoming_id=told.call,
            number_hash=numbers.hash_of(number) if number else None,
            language=told.language,
        )
    call = Call.objects.filter(code=told.call, way=Call.Way.IVR, incoming_id=None).first()
    if call is None:
        raise CallUnknown
    return call


def _signed(request: HttpRequest, status: int, body: bytes) -> HttpResponse:
    key = request.headers.get("webhook-id", "")
    signed = signing.headers(
        secret=settings.HUIYIN_IVR_SECRET, key=key, at=clock.machine_now(), body=body
    )
    return HttpResponse(body, status=status, content_type="application/json", headers=signed)
