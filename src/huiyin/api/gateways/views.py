"""Taking what SMS and telephony providers report.

Whoever cannot prove to be the provider learns nothing: 404, as if there were nothing here. What was
stored is answered as the provider wants it; what could not be stored is answered 500, so that it is
brought again. A number or a text is never written to a log.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from huiyin.intake.channels.hotline import services as hotline
from huiyin.kernel import clock
from huiyin.kernel.addresses import block_of
from huiyin.kernel.problems import TooMany
from huiyin.kernel.throttle import Throttle
from huiyin.notices.services import CALL_OUTCOMES, call_came_to
from huiyin.notices.sms import gateway as gateways
from huiyin.notices.sms import services as sms
from huiyin.notices.transports.sms_http.gateway import HttpGateway, NotTheProvider
from huiyin.notices.transports.sms_http.rendering import Said, Unreadable
from huiyin.notices.transports.sms_http.template import Reply
from huiyin.notices.transports.webhook import signing

log = logging.getLogger(__name__)

_LONGEST_BODY = 256 * 1024
_MOST_AT_ONCE = 1000
_LONGEST_CALL = 24 * 3600
# For requests that are nobody's. A right secret always opens.
strangers = Throttle(burst=30, per_minute=30, name="gateways")

View = Callable[[HttpRequest], HttpResponse]


def for_providers(view: View) -> View:
    """``view`` for machines: no cookie and no CSRF token, small bodies, and 404 for strangers."""

    @csrf_exempt
    @require_http_methods(["GET", "POST"])
    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        block = block_of(request.META.get("REMOTE_ADDR", ""))
        if len(request.body) > _LONGEST_BODY:
            return HttpResponse(status=413)
        try:
            return view(request)
        except NotTheProvider:
            pass
        except Unreadable as error:
            log.warning("a provider's report cannot be read: %s", error)
            return HttpResponse(status=422)
        try:
            strangers.check(block)
        except TooMany as problem:
            return HttpResponse(
                status=429, headers={"Retry-After": str(problem.extra["retry_after"])}
            )
        strangers.spend(block)
        log.warning("somebody who is not the provider posted to %s", request.path)
        return HttpResponse(status=404)

    return guarded


@for_providers
def sms_reports(request: HttpRequest) -> HttpResponse:
    """Delivery reports of the SMS provider, as its template describes them."""
    gateway = _sms_gateway()
    reports = gateway.reports(_said(request))[:_MOST_AT_ONCE]
    for report in reports:
        if report.reference:
            sms.receive_receipt(
                gateway=gateway.code,
                reference=report.reference,
                outcome=report.outcome,
                error=report.error,
            )
    return _reply(gateway.template.report.reply if gateway.template.report else Reply())


@for_providers
def sms_messages(request: HttpRequest) -> HttpResponse:
    """Messages of citizens that the SMS provider hands over."""
    gateway = _sms_gateway()
    for message in gateway.messages(_said(request))[:_MOST_AT_ONCE]:
        if message.number:
            sms.receive_sms(
                gateway=gateway.code,
                from_number=message.number,
                recipient=message.recipient,
                text=message.text,
                reference=message.reference,
            )
    return _reply(gateway.template.inbound.reply if gateway.template.inbound else Reply())


@for_providers
def calls(request: HttpRequest) -> HttpResponse:
    """What the telephony provider reports of a call; see docs/reference/relay.md."""
    if not settings.HUIYIN_CALLS_URL or request.method != "POST":
        raise NotTheProvider
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        signing.check(
            secret=settings.HUIYIN_CALLS_SECRET,
            headers=headers,
            body=request.body,
            at=clock.machine_now(),
        )
    except signing.BadSignature as error:
        raise NotTheProvider from error
    reference, outcome, seconds = _call(request.body)
    known = any(
        told(reference=reference, outcome=outcome, seconds=seconds)
        for told in (call_came_to, hotline.call_came_to)
    )
    return HttpResponse(status=204 if known else 410)


def _call(body: bytes) -> tuple[str, str, int | None]:
    try:
        data: Any = json.loads(body)["data"]
        reference, outcome, seconds = data["call"], data["outcome"], data.get("seconds")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Unreadable("not a report on a call") from error
    if not isinstance(reference, str) or outcome not in CALL_OUTCOMES:
        raise Unreadable("not an outcome of a call")
    if seconds is not None and (
        not isinstance(seconds, int)
        or isinstance(seconds, bool)
        or seconds not in range(_LONGEST_CALL)
    ):
        raise Unreadable("not a number of seconds")
    return reference, outcome, seconds


def _sms_gateway() -> HttpGateway:
    found = gateways.named("http") if gateways.is_configured("http") else None
    if not isinstance(found, HttpGateway):
        raise NotTheProvider
    return found


def _said(request: HttpRequest) -> Said:
    return Said(
        request.body,
        query=request.GET.dict(),
        headers={name.lower(): value for name, value in request.headers.items()},
    )


def _reply(wanted: Reply) -> HttpResponse:
    return HttpResponse(wanted.text, content_type=wanted.content_type, status=wanted.status)
