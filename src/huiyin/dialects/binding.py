"""Between HTTP and a dialect: read, check who it is, store through the services, answer its way.

A dialect gives four pure functions (``Gateway``); everything that must be the same for all of them
is here. Events go to the service behind ``POST /api/v1/events``, so that a gateway and the API
cannot treat the same event differently.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from uuid import UUID

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.multipartparser import MultiPartParserError
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe
from msgspec.structs import replace

from huiyin.dialects import service_codes, sm2, wording
from huiyin.dialects.errors import Code, Refused
from huiyin.dialects.keys import Secrets
from huiyin.dialects.models import GatewayClient
from huiyin.dialects.services import quarantine, requests
from huiyin.dialects.services.clients import client_by_mark, secrets_of
from huiyin.dialects.services.reviewing import Brought, bring
from huiyin.dialects.structs import (
    Became,
    Call,
    Entry,
    Envelope,
    Message,
    PushedEvent,
    PushedReview,
    Reply,
    Told,
    row_of,
)
from huiyin.dialects.traits import Traits
from huiyin.intake.events.services import take_in
from huiyin.kernel.problems import TooMany
from huiyin.kernel.throttle import Throttle
from huiyin.reviews import events
from huiyin.reviews.models import ServiceEvent
from huiyin.reviews.services import invite, link_of

log = logging.getLogger(__name__)

LONGEST_BODY = 2 * 1024 * 1024
# For requests that prove to be nobody's. A right sign always opens.
strangers = Throttle(burst=60, per_minute=60)
# A province's gateway brings single events at some hundreds a second for a while.
calls = Throttle(burst=5000, per_minute=18_000)

# What asks the other side to come again later, and the status that says so.
_WAIT = {Code.TOO_MANY: 429, Code.UNAVAILABLE: 503}

View = Callable[[HttpRequest], HttpResponse]


@dataclass
class Asked:
    """What is known of a request by the time that it is answered."""

    envelope: Envelope | None = None
    client: GatewayClient | None = None


@dataclass(frozen=True)
class Gateway:
    """A dialect, as four pure functions. ``reply`` is given what became of each entry, and a
    sentence for the whole; ``reply_to``, where a dialect has it instead, the request as well."""

    traits: Traits
    envelope: Callable[[Call], Envelope]
    message: Callable[[Envelope, Secrets], Message]
    reply: Callable[[Sequence[Told], str], Reply]
    reply_to: Callable[[Sequence[Told], str, Asked], Reply] | None = None

    def answer(self, told: Sequence[Told], text: str, asked: Asked) -> Reply:
        return self.reply_to(told, text, asked) if self.reply_to else self.reply(told, text)


def receiver(gateway: Gateway) -> View:
    """The view that takes requests of ``gateway``."""

    @for_machines("POST")
    def receive(request: HttpRequest) -> HttpResponse:
        asked = Asked()
        try:
            told = take(gateway, call_of(request), asked, address=address_of(request))
        except Refused as problem:
            log.warning(
                "%s: a request was refused: %s %s",
                gateway.traits.name,
                problem.code,
                problem.field,
            )
            told = [refused(problem)]
        return answer(gateway.answer(told, _summary(told), asked), told)

    return receive


def take(gateway: Gateway, call: Call, asked: Asked, *, address: str) -> list[Told]:
    """What became of each entry of a request; all that can be stored is. ``asked`` learns whose
    request it is, as far as that is known. Raises ``Refused``."""
    envelope = asked.envelope = gateway.envelope(call)
    client, message = authenticated(gateway, envelope, address=address)
    asked.client = client
    requests.check_time(client, message)
    with transaction.atomic():
        requests.remember(client, message, _content(envelope))
        return _store(gateway.traits, client, message.entries, envelope.unknown)


def authenticated(
    gateway: Gateway, envelope: Envelope, *, address: str
) -> tuple[GatewayClient, Message]:
    """Whose request it is, and what is in it. Raises ``Refused``, the same for a mark that nobody
    has and a sign that does not fit."""
    client = client_by_mark(gateway.traits.name, envelope.app_mark)
    try:
        if client is None:
            raise Refused(Code.NOT_AUTHENTIC)
        message = gateway.message(envelope, secrets_of(client))
    except Refused as problem:
        if problem.code is Code.NOT_AUTHENTIC:
            spend(strangers, address)
        raise
    except sm2.Missing as error:
        log.exception("there is no OpenSSL with SM2 here")
        raise Refused(Code.UNAVAILABLE) from error
    spend(calls, client.pk.hex)
    return client, message


def call_of(request: HttpRequest) -> Call:
    """The request as the dialects read it. Raises ``Refused``."""
    if len(request.body) > LONGEST_BODY:
        raise Refused(Code.TOO_LARGE)
    content_type = request.headers.get("Content-Type", "")
    fields: Mapping[str, str] | None = None
    if content_type.lower().startswith("multipart/form-data"):
        try:
            fields = {name: str(value) for name, value in request.POST.items()}
        except MultiPartParserError as error:
            raise Refused(Code.UNREADABLE) from error
    return Call(
        body=request.body,
        query=request.META.get("QUERY_STRING", "").encode("latin-1"),
        content_type=content_type,
        authorization=request.headers.get("Authorization", ""),
        fields=fields,
    )


def refused(problem: Refused) -> Told:
    return Told(
        became=Became.REFUSED,
        code=problem.code,
        text=wording.sentence_of(problem),
        field=problem.field,
    )


def answer(reply: Reply, told: Sequence[Told] = ()) -> HttpResponse:
    """The response. Always 200, since clients read the body, but for what asks them to wait."""
    status, headers = reply.status, dict(reply.headers)
    waiting = [_WAIT[one.code] for one in told if one.code in _WAIT]
    if waiting:
        status, headers["Retry-After"] = waiting[0], "30"
    return HttpResponse(
        reply.body,
        status=status,
        content_type=reply.content_type,
        headers={"Cache-Control": "no-store", **headers},
    )


def for_machines(*methods: str) -> Callable[[View], View]:
    """A view for programs: no cookie and no CSRF token, and its words in Chinese."""

    def decorate(view: View) -> View:
        @csrf_exempt
        @require_http_methods(list(methods))
        @wraps(view)
        def machine(request: HttpRequest) -> HttpResponse:
            with translation.override(wording.LANGUAGE):
                return view(request)

        return machine

    return decorate


def to_rating_page(event: ServiceEvent) -> HttpResponse:
    """Leads a citizen on to the page of ``event``. Whatever the address held until now is gone from
    the browser's bar, and the page that follows never learns it."""
    response = HttpResponseRedirect(link_of(invite(event)))
    response.status_code = 303
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response


def for_citizens(find: Callable[[HttpRequest], ServiceEvent]) -> View:
    """The view behind an address to which a business system sends citizens. Whatever is wrong with
    it, they are told that there is nothing here."""

    @require_safe
    @wraps(find)
    def page(request: HttpRequest) -> HttpResponse:
        try:
            return to_rating_page(find(request))
        except Refused as problem:
            log.warning("%s: a page was refused: %s", request.path, problem.code)
            if problem.code in _WAIT:
                return HttpResponse(
                    wording.sentence(problem.code),
                    status=_WAIT[problem.code],
                    content_type="text/plain; charset=utf-8",
                    headers={"Retry-After": "30", "Cache-Control": "no-store"},
                )
            raise Http404 from problem

    return page


def _store(
    traits: Traits, client: GatewayClient, entries: Sequence[Entry], outer: Mapping[str, str]
) -> list[Told]:
    told: dict[int, Told] = {}
    pushed: dict[int, PushedEvent] = {}
    brought: dict[int, PushedReview] = {}
    for place, entry in enumerate(entries):
        if entry.event is not None:
            pushed[place] = entry.event
        elif entry.review is not None:
            brought[place] = entry.review
        else:
            told[place] = refused(Refused(entry.code or Code.UNREADABLE, field=entry.field))
    stored: dict[int, UUID] = {}
    if pushed:
        verdicts = take_in([row_of(one) for one in pushed.values()], client.integrator)
        for (place, event), verdict in zip(pushed.items(), verdicts, strict=True):
            told[place] = _of_event(traits, client, event, verdict)
            if verdict.event:
                stored[place] = verdict.event
    if brought:
        results = bring(client, list(brought.values()))
        for (place, review), result in zip(brought.items(), results, strict=True):
            told[place] = _of_review(review, result)
            if result.event:
                stored[place] = result.event.pk
    first = min(stored, default=None)
    quarantine.keep(
        client,
        (
            (key, {**entries[place].unknown, **(outer if place == first else {})})
            for place, key in stored.items()
        ),
    )
    return [told[place] for place in range(len(entries))]


def _of_event(
    traits: Traits, client: GatewayClient, event: PushedEvent, verdict: events.Verdict
) -> Told:
    stored = Told(
        became=Became.STORED,
        text=wording.fine(),
        project_no=event.project_no,
        service_number=event.service_number,
        service=service_codes.of(verdict.event, client) if verdict.event else "",
    )
    if verdict.outcome is events.Outcome.REJECTED:
        fault = verdict.faults[0]
        missing = fault.reason == _("Is required.")
        return replace(
            stored,
            became=Became.REFUSED,
            code=Code.FIELD_MISSING if missing else Code.FIELD_INVALID,
            field=fault.field,
            text=_("Parameter error. %(what)s")
            % {"what": "; ".join(f"{one.field}: {one.reason}" for one in verdict.faults)},
        )
    if verdict.outcome is events.Outcome.CREATED or traits.repeat_is_success:
        return stored
    return replace(
        stored,
        became=Became.REPEATED,
        code=Code.MUST_NOT_REPEAT,
        text=wording.sentence(Code.MUST_NOT_REPEAT),
    )


def _of_review(review: PushedReview, result: Brought) -> Told:
    stored = Told(
        became=Became.STORED,
        text=wording.fine(),
        project_no=review.project_no,
        service_number=review.service_number,
        service=result.event.pk.hex if result.event else "",
    )
    problem = result.problem
    if problem is None:
        return stored
    repeated = problem.code is Code.MUST_NOT_REPEAT
    return replace(
        stored,
        became=Became.REPEATED if repeated else Became.REFUSED,
        code=problem.code,
        field=problem.field,
        text=wording.sentence_of(problem),
    )


def _summary(told: Sequence[Told]) -> str:
    return next((one.text for one in told if one.became is not Became.STORED), wording.fine())


def _content(envelope: Envelope) -> bytes:
    return repr(envelope.contents).encode("utf-8", "surrogatepass")


def spend(throttle: Throttle, key: str) -> None:
    """Take one from what ``key`` may do. Raises ``Refused``."""
    try:
        throttle.check(key)
    except TooMany as problem:
        raise Refused(Code.TOO_MANY) from problem
    throttle.spend(key)


def address_of(request: HttpRequest) -> str:
    """Where the request came from; behind trusted proxies the server has already resolved it."""
    return str(request.META.get("REMOTE_ADDR", ""))
