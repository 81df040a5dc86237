"""What is plainly a review takes the quick way, and nobody can tell by the answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from huiyin.api.v1 import reviews
from huiyin.api.v1.fast import FastReviews, read
from huiyin.conf.middleware import headers_of_every_answer
from huiyin.intake import strict_json
from huiyin.intake.lane import lane
from huiyin.kernel.throttle import Throttle
from huiyin.kernel.whole import offer
from huiyin.reviews.models import Review, ReviewOrigin
from tests import factories

HEADERS = {"content-type": "application/json", "host": "127.0.0.1", "accept-language": "en"}
Answer = tuple[int, dict[str, str], Any]


class Handed(Exception):
    """The request was handed on; with the body that arrived there."""


async def ordinary(scope: Any, receive: Any, send: Any) -> None:
    body, more = b"", True
    while more:
        event = await receive()
        body, more = body + event["body"], event["more_body"]
    raise Handed(body)


def asked(body: bytes, scheme: str, path: str, method: str, **more: str) -> Any:
    """The scope of a request with ``body``."""
    headers = HEADERS | {name.replace("_", "-"): value for name, value in more.items()}
    headers.setdefault("content-length", str(len(body)))
    return {
        "type": "http",
        "scheme": scheme,
        "path": path,
        "method": method,
        "client": ("192.0.2.1", 1),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }


def post(
    body: bytes,
    path: str = "/api/v1/reviews",
    method: str = "POST",
    scheme: str = "http",
    **more: str,
) -> Answer:
    """What the quick way answers. Raises ``Handed``."""
    scope = asked(body, scheme, path, method, **more)
    events = iter([{"type": "http.request", "body": body, "more_body": False}])
    sent: list[Any] = []

    async def receive() -> Any:
        return next(events)

    async def send(event: Any) -> None:
        sent.append(event)

    app = FastReviews(ordinary, headers_of_every_answer)  # type: ignore[arg-type]
    asyncio.run(app(scope, receive, send))  # type: ignore[arg-type]
    start, content = sent
    told = {name.decode(): value.decode() for name, value in start["headers"]}
    return start["status"], told, json.loads(content["body"])


def say(**changes: Any) -> bytes:
    said = {"token": factories.token(), "level": 5, "tags": ["510"], "text": "很快"} | changes
    return json.dumps(said, ensure_ascii=False).encode()


@pytest.fixture
def running(transactional_db: None) -> Iterator[None]:
    lane.start()
    yield
    lane.stop()


def by_the_framework(body: bytes, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = Client(raise_request_exception=False).post(
        "/api/v1/reviews", body, content_type="application/json", headers=HEADERS | named
    )
    return answer.status_code, {n.lower(): v for n, v in answer.items()}, answer.json()


def _alike(quick: Answer, slow: Answer) -> None:
    assert quick[0] == slow[0]
    told, expected = quick[1], slow[1]
    for headers in (told, expected):
        # Its directives come in any order.
        policy = headers.pop("content-security-policy")
        headers["csp"] = " ".join(sorted(policy.split("; ")))
        headers.pop("content-length")
    assert told == expected


def test_a_plain_review_is_answered_without_the_framework_and_as_by_it(running: None) -> None:
    unit = factories.organisation()
    bodies = [say(token=factories.token(factories.event(unit))) for _ in range(2)]
    quick, slow = post(bodies[0]), by_the_framework(bodies[1])

    assert quick[0] == 201
    _alike(quick, slow)
    mine, theirs = quick[2]["receipt"], slow[2]["receipt"]
    assert list(mine) == list(theirs)
    for name in ("level", "tags", "text", "photos", "organisation", "service", "log", "log_key"):
        assert mine[name] == theirs[name]
    assert Review.objects.count() == 2


def test_a_server_that_can_sends_the_same_in_one_piece(running: None) -> None:
    pieces: list[Any] = []
    body = say()
    scope = asked(body, "http", "/api/v1/reviews", "POST")

    def whole(status: int, head: bytes, content: bytes) -> bool:
        pieces.append((status, head, content))
        return True

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(event: Any) -> None:
        raise AssertionError(event)

    app = FastReviews(ordinary, headers_of_every_answer)  # type: ignore[arg-type]
    asyncio.run(app(scope | {"extensions": offer(whole)}, receive, send))
    [(status, head, content)] = pieces
    lines = [line.split(": ", 1) for line in head.decode().removesuffix("\r\n").split("\r\n")]
    told = dict(lines)
    assert len(told) == len(lines)
    assert told["content-length"] == str(len(content))
    _alike((status, told, None), by_the_framework(say()))
    assert json.loads(content)["receipt"]["level"] == 5
    # What is no receipt goes the usual way.
    body = say(level=0)
    scope = asked(body, "http", "/api/v1/reviews", "POST")
    with pytest.raises(AssertionError, match="422"):
        asyncio.run(app(scope | {"extensions": offer(whole)}, receive, send))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"token": "nonsense"}, "token-invalid"),
        ({"level": 0}, "level-invalid"),
        ({"level": -(10**30)}, "level-invalid"),
        ({"level": 1, "tags": [], "text": "  "}, "detail-missing"),
        ({"tags": ["999"]}, "tag-unknown"),
        ({"tags": ["209"]}, "tag-of-another-level"),
        ({"text": "长" * 2001}, "text-too-long"),
    ],
)
def test_a_refusal_is_the_same_either_way(
    running: None, change: dict[str, Any], code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reviews, "wrong_tokens", Throttle(burst=60, per_minute=60))
    quick, slow = post(say(**change)), by_the_framework(say(**change))

    assert quick[2]["code"] == code
    assert quick[2] == slow[2]
    _alike(quick, slow)
    assert not Review.objects.exists()


def test_the_app_is_kept_beside_the_review_either_way(running: None) -> None:
    post(say(sub_channel="alipay"))
    by_the_framework(say(sub_channel="wechat"))
    post(say())

    kept = ReviewOrigin.objects.values_list("sub_channel", "review__channel")
    assert sorted(kept) == [("alipay", "mobile"), ("wechat", "mobile")]
    assert Review.objects.count() == 3


@pytest.mark.parametrize(
    "named", ["Alipay", "支付宝", "a b", "-a", "a" * 41, "zlb\n", "zlb\u0000", "<b>"]
)
def test_an_app_whose_name_has_another_form_is_refused(running: None, named: str) -> None:
    body = say(sub_channel=named)
    with pytest.raises(Handed):
        post(body)
    status, _headers, told = by_the_framework(body)
    assert (status, told["code"]) == (422, "invalid")
    assert not Review.objects.exists()


def test_a_used_token_and_a_repetition_are_told_apart(running: None) -> None:
    body = say()
    first = post(body, idempotency_key="one")

    assert post(body, idempotency_key="one")[2] == first[2]
    # A week later, by the other way.
    assert by_the_framework(body, idempotency_key="one")[2] == first[2]
    assert post(body, idempotency_key="two")[2]["code"] == "token-used"
    assert post(body)[2]["code"] == "token-used"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"token": "a"}',
        b'{"token": "a", "level": "5"}',
        b'{"token": "a", "level": 5.0}',
        b'{"token": "a", "level": true}',
        b'{"token": "a", "level": NaN}',
        b'{"token": "a", "level": 5, "level": 4}',
        b'{"token": "a", "level": 5, "le\\u0076el": 4}',
        b'{"token": "a", "level": 5, "photos": []}',
        b'{"token": "a", "level": 5, "tags": "510"}',
        b'{"token": "a", "level": 5, "channel": "paper"}',
        b'{"token": "a", "level": 5, "text": "\\ud800"}',
        b'{"token": "' + b"a" * 201 + b'", "level": 5}',
        b'{"token": "a", "level": 5, "tags": [' + b'"1",' * 40 + b'"1"]}',
        b'{"token": "a", "level": 5, "text": "' + b"x" * 40_000 + b'"}',
    ],
)
def test_what_is_not_plainly_right_is_handed_on_as_it_came(body: bytes) -> None:
    with pytest.raises(Handed) as handed:
        post(body)
    assert handed.value.args == (body,)


@pytest.mark.parametrize(
    "asked",
    [
        {"path": "/api/v1/reviews/"},
        {"path": "/api/v1/events"},
        {"method": "PUT"},
        {"content_type": "text/plain"},
        {"content_length": "many"},
        {"content_length": "9" * 5000},
        {"host": "127.0.0.1:" + "8" * 300},
        {"cookie": "django_language=en"},
        {"host": "evil.example"},
        {"host": "127.0.0.1, evil.example"},
        {"idempotency_key": "x" * 201},
    ],
)
def test_other_requests_are_handed_on(asked: dict[str, str]) -> None:
    body = b'{"token": "a", "level": 5}'
    with pytest.raises(Handed) as handed:
        post(body, **asked)
    assert handed.value.args == (body,)


def test_a_header_that_comes_twice_is_handed_on() -> None:
    with pytest.raises(Handed):
        post(b'{"token": "a", "level": 5}', Idempotency_Key="two", idempotency_key="one")


def test_a_scheme_that_no_proxy_should_name_is_answered(running: None) -> None:
    assert post(say(), scheme="ws")[0] == 201


def test_guessed_tokens_are_slowed_down(running: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reviews, "wrong_tokens", Throttle(burst=3, per_minute=60))
    statuses = [post(say(token="x"))[0] for _ in range(5)]
    assert statuses[0] == 403
    assert statuses[-1] == 429
    assert post(say())[0] == 201


def test_a_full_queue_says_when_to_come_back(
    running: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lane, "_most", 0)
    status, headers, told = post(say())
    assert (status, told["code"]) == (503, "busy")
    assert int(headers["retry-after"]) >= 1
    assert not Review.objects.exists()


def test_a_fault_of_ours_tells_nothing(
    running: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_everything: Any) -> Any:
        raise RuntimeError("boom")

    monkeypatch.setattr("huiyin.intake.lane.writer.submit_together", broken)
    status, _headers, told = post(say(text="我的电话是13800001234"))
    assert (status, told["code"]) == (500, "server-error")
    assert "boom" not in json.dumps(told)
    assert "13800001234" not in caplog.text


_VALUE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["web", "mobile", "paper", "zlb"]),
    st.lists(st.one_of(st.text(max_size=4), st.integers()), max_size=3),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)
_FIELD = st.sampled_from(
    [
        "token",
        "level",
        "tags",
        "text",
        "hide_name_from_public",
        "channel",
        "sub_channel",
        "other",
        'a"level"',
    ]
)


@given(st.lists(st.tuples(_FIELD, _VALUE), max_size=8), st.booleans())
def test_whatever_is_read_quickly_the_careful_reader_reads_alike(
    pairs: list[tuple[str, Any]], ascii_only: bool
) -> None:
    """With repeated keys, too: the body is put together by hand."""
    body = "{" + ", ".join(
        f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=ascii_only)}"
        for name, value in [("token", "a"), ("level", 5), *pairs]
    )
    data = (body + "}").encode("utf-8", "surrogatepass")
    said = read(data)
    if said is None:
        return
    careful = reviews.NewReview.model_validate(strict_json.loads(data))
    for name in type(said).__struct_fields__:
        assert getattr(said, name) == getattr(careful, name)
