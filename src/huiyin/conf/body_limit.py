"""Refuses a request body that is larger than its address may take, before it fills any memory.

Django would read the whole body (into memory or a temporary file) before a view could object. This
looks at the length that the client declares and counts what really arrives.
"""

from __future__ import annotations

from asgiref.typing import (
    ASGI3Application,
    ASGIReceiveCallable,
    ASGIReceiveEvent,
    ASGISendCallable,
    ASGISendEvent,
    HTTPDisconnectEvent,
    HTTPScope,
    Scope,
)
from django.utils.translation import gettext_lazy as _

from huiyin.conf import refusals
from huiyin.kernel.problems import Problem

MB = 1024 * 1024
# The first one that fits. Five photographs of 8 MB and the words around them; evidence and lists.
_LIMITS = (
    ("/r/", 45 * MB),
    ("/embed/r/", 45 * MB),
    ("/s/", 45 * MB),
    ("/desk/", 45 * MB),
    ("/admin/", 45 * MB),
    ("/api/v1/events", 8 * MB),
    ("/api/v1/reviews/batch", 8 * MB),
    ("/api/v1/matters/", 10 * MB),
)
_OTHERWISE = 2 * MB
# A client that is still sending does not listen: what it sends is thrown away up to this size, so
# that it gets to read the refusal. Beyond it the connection is cut.
_THROWN_AWAY = 64 * MB
# Python refuses to read numbers of thousands of digits.
_DIGITS = 18


class TooLarge(Problem):
    code = "too-large"
    status = 413
    title = _("What you sent is too large.")


def limit_of(path: str) -> int:
    """The bytes that a request to ``path`` may carry."""
    return next((size for start, size in _LIMITS if path.startswith(start)), _OTHERWISE)


class BodyLimit:
    def __init__(self, app: ASGI3Application) -> None:
        self._app = app

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        limit = limit_of(scope["path"])
        declared = headers.get(b"content-length", b"0")
        if declared.isdigit() and (len(declared) > _DIGITS or int(declared) > limit):
            if headers.get(b"expect", b"").lower() != b"100-continue":
                await _throw_away(receive, _THROWN_AWAY)
            await _refuse(send, headers, limit)
            return
        await self._count(scope, receive, send, limit)

    async def _count(
        self, scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable, limit: int
    ) -> None:
        arrived, too_much, answered = 0, False, False

        async def counted() -> ASGIReceiveEvent:
            nonlocal arrived, too_much
            if too_much:
                return HTTPDisconnectEvent(type="http.disconnect")
            event = await receive()
            if event["type"] == "http.request":
                arrived += len(event["body"])
                too_much = arrived > limit
                if too_much:
                    if event["more_body"]:
                        await _throw_away(receive, _THROWN_AWAY)
                    # To the application the client has gone, so it lets go of what it read.
                    return HTTPDisconnectEvent(type="http.disconnect")
            return event

        async def watched(event: ASGISendEvent) -> None:
            nonlocal answered
            answered = answered or event["type"] == "http.response.start"
            await send(event)

        await self._app(scope, counted, watched)
        if too_much and not answered:
            await _refuse(send, dict(scope["headers"]), limit)


async def _throw_away(receive: ASGIReceiveCallable, at_most: int) -> None:
    arrived = 0
    while arrived <= at_most:
        event = await receive()
        if event["type"] != "http.request" or not event["more_body"]:
            return
        arrived += len(event["body"])


async def _refuse(send: ASGISendCallable, headers: dict[bytes, bytes], limit: int) -> None:
    megabytes = limit // MB
    page = (
        f"您上传的内容超过 {megabytes} MB，没有收下，也没有改动任何东西。"
        "请返回上一页，少选或换小一些的图片再试。\n\n"
        f"What you sent is larger than {megabytes} MB and was not taken; nothing was changed. "
        "Please go back and try with fewer or smaller pictures.\n"
    )

    def problem() -> TooLarge:
        said = _("This address takes at most %(megabytes)d MB.") % {"megabytes": megabytes}
        return TooLarge(said, limit_bytes=limit)

    await refusals.send_to(send, TooLarge.status, *refusals.written(problem, headers, page=page))
