"""Reviews by the application that is served, the quick way included: generated requests, and every
answer is one that the document declares."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import schemathesis
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from requests import PreparedRequest, Response, Session
from requests.adapters import BaseAdapter
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection
from urllib3 import HTTPResponse

from huiyin.api import auth
from huiyin.api.v1 import batches, fast, reviews
from huiyin.intake.lane import lane
from huiyin.kernel.throttle import Throttle
from huiyin.reviews import services
from huiyin.reviews.models import Review
from tests import factories
from tests.api.test_schema import CHECKS, SCHEMA

# Each is a request; together they take a few seconds.
EXAMPLES = 40
SITE = "http://127.0.0.1"


class Served(BaseAdapter):
    """Takes what would go over the wire to the ASGI application that ``huiyin serve`` runs."""

    def send(self, request: PreparedRequest, **_options: Any) -> Response:
        from huiyin.conf.asgi import application

        address = urlsplit(request.url or "")
        body = request.body or b""
        data = body.encode() if isinstance(body, str) else body
        headers = {"Host": address.netloc, "Content-Length": str(len(data)), **request.headers}
        scope: Any = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": "http",
            "path": address.path,
            "raw_path": address.path.encode(),
            "query_string": address.query.encode(),
            "root_path": "",
            "client": ("192.0.2.1", 1),
            "server": ("127.0.0.1", 80),
            "headers": [(n.lower().encode("latin-1"), _bytes(v)) for n, v in headers.items()],
        }
        sent: list[Any] = []

        async def ask() -> None:
            answered = asyncio.Event()
            events = iter([{"type": "http.request", "body": data, "more_body": False}])

            async def receive() -> Any:
                for event in events:
                    return event
                await answered.wait()
                return {"type": "http.disconnect"}

            async def send(event: Any) -> None:
                sent.append(event)

            await application(scope, receive, send)  # type: ignore[arg-type]
            answered.set()

        asyncio.run(ask())
        start, *parts = sent
        told = {name.decode("latin-1"): value.decode("latin-1") for name, value in start["headers"]}
        response = Response()
        response.request, response.url = request, request.url or ""
        response.status_code = start["status"]
        response.headers.update(told)
        response._content = b"".join(part["body"] for part in parts)
        response.raw = HTTPResponse(status=start["status"], headers=told)
        return response

    def close(self) -> None:
        """Nothing is kept open."""


def _bytes(value: str | bytes) -> bytes:
    return value.encode("latin-1") if isinstance(value, str) else value


@pytest.fixture
def site(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """The site with its lane, and nobody slowed down: such refusals would hide all others."""
    for place, name in ((auth, "wrong_bearers"), (reviews, "wrong_tokens"), (batches, "calls")):
        monkeypatch.setattr(place, name, Throttle(burst=10**6, per_minute=10**6))
    session = Session()
    session.mount(SITE, Served())
    lane.start()
    yield session
    lane.stop()
    close_old_connections()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The statuses of what was answered the quick way."""
    statuses: list[int] = []
    really = fast._answer

    async def counted(*asked: Any) -> Any:
        answer = await really(*asked)
        statuses.append(answer[0])
        return answer

    monkeypatch.setattr(fast, "_answer", counted)
    return statuses


def fuzz(path: str, mode: GenerationMode, check: Any) -> None:
    strategy = SCHEMA[path]["POST"].as_strategy(generation_mode=mode)
    settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )(given(case=strategy)(check))()


def invite(body: dict[str, Any], tokens: Iterator[str], place: int) -> None:
    """Put a real token into every second review, and into every fourth what can be stored."""
    if place % 2:
        body["token"] = next(tokens)
    if place % 4 == 1:
        body |= {"tags": [], "text": "It was quick."}


def tokens() -> Iterator[str]:
    unit = factories.organisation()
    while True:
        yield factories.token(factories.event(unit))


def test_what_the_document_allows(site: Session, quick: list[int]) -> None:
    invitations, seen = tokens(), iter(range(10**6))
    statuses: list[int] = []

    def check(case: schemathesis.Case) -> None:
        assert isinstance(case.body, dict)
        invite(case.body, invitations, next(seen))
        answer = case.call(base_url=SITE, session=site)
        case.validate_response(answer, checks=CHECKS)
        statuses.append(answer.status_code)

    fuzz("/api/v1/reviews", GenerationMode.POSITIVE, check)
    assert {201, 403, 422} <= set(quick)
    assert len(quick) < len(statuses), "some are handed on"
    assert Review.objects.count() == statuses.count(201)


def test_what_the_document_forbids(site: Session, quick: list[int]) -> None:
    invitations, seen = tokens(), iter(range(10**6))

    def check(case: schemathesis.Case) -> None:
        if isinstance(case.body, dict) and "token" in case.body and next(seen) % 2:
            # Another fault than the token's comes to light.
            case.body["token"] = next(invitations)
        answer = case.call(base_url=SITE, session=site)
        case.validate_response(answer, checks=CHECKS)

    fuzz("/api/v1/reviews", GenerationMode.NEGATIVE, check)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_many_at_once(site: Session, mode: GenerationMode) -> None:
    factories.reference_data()
    _adapter, key = services.add_adapter(name="热线", channel="hotline")
    invitations, seen = tokens(), iter(range(10**6))
    stored = refused = 0

    def check(case: schemathesis.Case) -> None:
        nonlocal stored, refused
        given = case.body.get("reviews") if isinstance(case.body, dict) else None
        for one in given if isinstance(given, list) else ():
            if isinstance(one, dict):
                invite(one, invitations, next(seen))
        headers = {"Authorization": f"Bearer {key}", "Accept-Language": "en"}
        answer = case.call(base_url=SITE, session=site, headers=headers)
        # What is wrong with one review is told in its verdict, and the call is accepted.
        case.validate_response(answer, checks=CHECKS)
        refusals = {400, 401, 422} if mode is GenerationMode.NEGATIVE else set()
        assert answer.status_code in {200, *refusals}
        if answer.status_code == 200:
            told = answer.json()
            assert all(one["status"] < 500 for one in told["results"])
            stored, refused = stored + told["accepted"], refused + told["refused"]

    fuzz("/api/v1/reviews/batch", mode, check)
    assert Review.objects.count() == stored
    if mode is GenerationMode.POSITIVE:
        assert stored
        assert refused


def test_a_call_that_the_document_forbids_is_refused(site: Session) -> None:
    """Without anything put in, so that what is wrong stays wrong."""

    def check(case: schemathesis.Case) -> None:
        answer = case.call(base_url=SITE, session=site)
        case.validate_response(answer, checks=[*CHECKS, negative_data_rejection])

    fuzz("/api/v1/reviews", GenerationMode.NEGATIVE, check)
