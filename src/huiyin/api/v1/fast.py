"""``POST /api/v1/reviews``, the quick way: what is plainly a review goes straight to the lane.

Beside the framework, since at thousands of reviews a second its machinery for one request would
cost more than storing the review. Whatever is not plainly right (another content type, a header or
a field given twice, a field that is missing or unknown, a body in pieces) is handed on as it came
to the ordinary operation in ``reviews.py``, which says what is wrong with it. Both give to the same
lane, and answer the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Literal, cast

import msgspec
from asgiref.typing import (
    ASGI3Application,
    ASGIReceiveCallable,
    ASGIReceiveEvent,
    ASGISendCallable,
    HTTPScope,
    Scope,
)
from django.conf import settings
from django.http.request import split_domain_port, validate_host
from django.utils import translation

from huiyin.api import problems
from huiyin.api.v1.reviews import (
    MAX_KEY,
    MAX_TAGS,
    MAX_TOKEN,
    SUB_CHANNEL,
    review_of,
    right_to_give,
)
from huiyin.intake.lane import lane
from huiyin.kernel import languages, whole
from huiyin.kernel.problems import Problem
from huiyin.reviews.models import Channel
from huiyin.reviews.receipts import Receipt
from huiyin.reviews.services import Given

PATH = "/api/v1/reviews"
# Two thousand characters, each written as an escape, and the rest. What is longer is too long in
# some other way, which the ordinary operation knows.
_LONGEST = 32 * 1024
_LONGEST_HOST = 260
Headers = list[tuple[bytes, bytes]]
_JSON = (b"application/json", b"application/json; charset=utf-8")


class Said(msgspec.Struct, forbid_unknown_fields=True):
    """The body, as ``reviews.NewReview`` describes it."""

    token: str
    level: int
    tags: list[str] = []
    text: str = ""
    hide_name_from_public: bool = False
    hide_name_from_unit: bool = False
    channel: Literal["mobile", "web"] = "mobile"
    sub_channel: str = ""


_IS_JSON = [(b"content-type", b"application/json; charset=utf-8")]
_decode = msgspec.json.Decoder(Said).decode
_is_sub_channel = re.compile(SUB_CHANNEL).fullmatch
_encode = msgspec.json.Encoder().encode
_NAMES = tuple(f'"{name}"'.encode() for name in Said.__struct_fields__)


class FastReviews:
    """Answers plain reviews itself and hands everything else on to ``app``; ``headers`` are those
    of every answer, over HTTPS or not."""

    def __init__(self, app: ASGI3Application, headers: Callable[[bool], Headers]) -> None:
        self._app = app
        alike = [(b"cache-control", b"no-store"), (b"vary", b"Accept-Language")]
        self._always = {"http": headers(False) + alike, "https": headers(True) + alike}
        self._accepted = lru_cache(self._head_of_accepted)

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        if scope["type"] != "http" or scope["path"] != PATH or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        given = cast("Headers", scope["headers"])
        headers = dict(given)
        if len(headers) != len(given) or not _is_plain(headers):
            await self._app(scope, receive, send)
            return
        event = await receive()
        said = None
        if event["type"] == "http.request" and not event["more_body"]:
            said = read(event["body"])
        if said is None:
            await self._app(scope, _again(event, receive), send)
            return
        language = languages.asked_for(headers.get(b"accept-language", b""))
        status, body, more = await _answer(said, scope, headers, language)
        if status == 201 and (at_once := whole.offered(scope)) is not None:
            length = b"content-length: %d\r\n" % len(body)
            if at_once(status, self._accepted(scope["scheme"], language) + length, body):
                return
        await send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": [
                    *self._alike(scope["scheme"], language),
                    (b"content-length", b"%d" % len(body)),
                    *more,
                ],
                "trailers": False,
            }
        )
        await send({"type": "http.response.body", "body": body, "more_body": False})

    def _alike(self, scheme: str, language: str) -> Headers:
        always = self._always.get(scheme, self._always["http"])
        return [*always, (b"content-language", language.encode())]

    def _head_of_accepted(self, scheme: str, language: str) -> bytes:
        return whole.head([*self._alike(scheme, language), *_IS_JSON])


def read(body: bytes) -> Said | None:
    """What ``body`` says when it is plainly right, else None."""
    # A field that occurs once is not given twice; nor is one that is not written as an escape.
    if b"\\u" in body:
        return None
    for name in _NAMES:
        if body.count(name) > 1:
            return None
    try:
        said = _decode(body)
    except msgspec.MsgspecError:
        return None
    fits = (
        len(said.token) <= MAX_TOKEN
        and len(said.tags) <= MAX_TAGS
        and (not said.sub_channel or _is_sub_channel(said.sub_channel))
    )
    return said if fits else None


async def _answer(
    said: Said, scope: HTTPScope, headers: dict[bytes, bytes], language: str
) -> tuple[int, bytes, Headers]:
    """Status, body and the headers that only this answer has."""
    key = headers.get(b"idempotency-key", b"").decode("latin-1")
    try:
        client = scope["client"]
        right = right_to_give(said.token, address=client[0] if client else "")
        review = review_of(
            said, channel=Channel(said.channel), key=key, sub_channel=said.sub_channel
        )
        receipt = await lane.give_async(Given(right, review, language))
    except Problem as problem:
        with translation.override(language):
            refusal = problems.answer(problem)
        kept = [
            (name.lower().encode(), value.encode())
            for name, value in refusal.items()
            if name != "Content-Type"
        ]
        kind = (b"content-type", problems.MEDIA_TYPE.encode())
        return problem.status, refusal.content, [kind, *kept]
    except Exception as error:
        with translation.override(language):
            refusal = problems.answer(problems.refused_by_django(error))
        return 500, refusal.content, [(b"content-type", problems.MEDIA_TYPE.encode())]
    return 201, accepted(receipt), _IS_JSON


def accepted(receipt: Receipt) -> bytes:
    return b'{"receipt":' + _encode(receipt) + b"}"


def _is_plain(headers: dict[bytes, bytes]) -> bool:
    length, host = headers.get(b"content-length", b""), headers.get(b"host", b"")
    return (
        headers.get(b"content-type") in _JSON
        and length.isdigit()
        and len(length) <= len(str(_LONGEST))
        and int(length) <= _LONGEST
        and len(headers.get(b"idempotency-key", b"")) <= MAX_KEY
        and b"cookie" not in headers
        # What is remembered below is what anybody sends: not more than a name can have.
        and len(host) <= _LONGEST_HOST
        and _is_ours(host)
    )


@lru_cache(maxsize=64)
def _is_ours(host: bytes) -> bool:
    domain, _port = split_domain_port(host.decode("latin-1"))
    return bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)


def _again(event: ASGIReceiveEvent, receive: ASGIReceiveCallable) -> ASGIReceiveCallable:
    """``receive`` that gives ``event``, which was already taken, once more."""
    given = False

    async def once_more() -> ASGIReceiveEvent:
        nonlocal given
        if given:
            return await receive()
        given = True
        return event

    return cast("ASGIReceiveCallable", once_more)
