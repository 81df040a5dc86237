"""Refusals that are given beside the framework, before anything of a request reaches it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from asgiref.typing import ASGISendCallable
from django.utils import translation

from huiyin.kernel import languages
from huiyin.kernel.problems import Problem

Headers = list[tuple[bytes, bytes]]


def written(
    make: Callable[[], Problem], asked: Mapping[bytes, bytes], *, page: str
) -> tuple[Headers, bytes]:
    """Headers and body of the refusal that ``make`` makes, for who asked with the headers
    ``asked``: ``page``, plain text in both languages, for browsers, else a problem document in the
    language that is wanted. The connection ends with it."""
    with translation.override(languages.asked_for(asked.get(b"accept-language", b""))):
        problem = make()
        if b"text/html" in asked.get(b"accept", b""):
            kind, body = b"text/plain; charset=utf-8", page.encode()
        else:
            kind = b"application/problem+json"
            body = json.dumps(problem.as_dict(), ensure_ascii=False).encode()
    headers = [
        (b"content-type", kind),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"connection", b"close"),
    ]
    if "retry_after" in problem.extra:
        headers.append((b"retry-after", str(problem.extra["retry_after"]).encode()))
    return headers, body


async def send_to(send: ASGISendCallable, status: int, headers: Headers, body: bytes) -> None:
    """Answer with what ``written`` wrote."""
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": headers,
            "trailers": False,
        }
    )
    await send({"type": "http.response.body", "body": body, "more_body": False})
