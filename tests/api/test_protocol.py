"""What holds for every address: problems instead of error pages, strict JSON, a true document."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.conf import settings
from openapi_spec_validator import validate

from huiyin.api.openapi import document
from tests import factories
from tests.api.client import Api

pytestmark = pytest.mark.django_db


def test_the_document_is_valid_and_stable(api: Api) -> None:
    answer = api.get("/openapi.json")

    told = answer.json()
    validate(told)
    assert told["openapi"].startswith("3.1")
    assert told == json.loads(json.dumps(document()))
    ids = [op["operationId"] for path in told["paths"].values() for op in path.values()]
    assert len(ids) == len(set(ids))


def test_the_document_declares_problems_with_examples_for_every_operation() -> None:
    for path, operations in document()["paths"].items():
        for method, operation in operations.items():
            refusals = {code for code in operation["responses"] if int(code) >= 400}
            assert {422, 500} <= {int(code) for code in refusals}, (method, path)
            for code in refusals:
                content = operation["responses"][code]["content"]["application/problem+json"]
                for example in content["examples"].values():
                    assert example["value"]["status"] == int(code)


@pytest.mark.parametrize("path", ["/nothing", "/receipts", "/matters/x/y/z", "/"])
def test_an_unknown_address_is_a_problem(api: Api, path: str) -> None:
    assert api.get(path).json()["code"] == "not-found"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_an_unknown_address_is_a_problem_for_every_method(api: Api, method: str) -> None:
    assert api.send(method, "/nothing").json()["code"] == "not-found"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/reviews"),
        ("POST", "/openapi.json"),
        ("DELETE", "/tags"),
        ("PUT", "/events"),
        ("PATCH", "/openapi.json"),
    ],
)
def test_a_wrong_method_is_a_problem_that_names_the_right_ones(
    api: Api, method: str, path: str
) -> None:
    answer = api.send(method, path)

    assert answer.status_code == 405
    assert answer["Allow"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"{", None),
        (b"", None),
        (b"\xff\xfe", None),
        (b'{"token": NaN}', None),
        (b"[" * 200_000, None),
        (b'{"token": "a", "token": "b", "level": 5}', "token"),
        (b'{"\\ud800": "a", "\\ud800": "b"}', "(unknown field)"),
        (b'{"token": "a", "level": 5, "\\ud800": 1}', None),
        (b'{"token": "a", "level": 5, "text": "\\ud800"}', None),
        (b'{"token": "a", "level": 5, "x": {"y": 1, "y": 2}}', "y"),
    ],
)
def test_a_body_that_is_not_strict_json_is_malformed(
    api: Api, body: bytes, field: str | None
) -> None:
    answer = api.raw("/reviews", body)

    if body:
        assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
        assert answer.json().get("field") == field
    else:
        assert answer.status_code == 422


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "text/json"])
def test_another_content_type_is_refused(api: Api, kind: str) -> None:
    assert api.raw("/reviews", b"{}", kind).status_code == 415


def test_a_body_that_is_too_large_is_refused(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "DATA_UPLOAD_MAX_MEMORY_SIZE", 100)

    assert api.post("/reviews", {"text": "x" * 200}).status_code == 413


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"level": "5"}, "level"),
        ({"level": 5.0}, "level"),
        ({"level": True}, "level"),
        ({"tags": "207"}, "tags"),
        ({"tags": [207]}, "tags.0"),
        ({"text": 1}, "text"),
        ({"text": None}, "text"),
        ({"hide_name_from_unit": "yes"}, "hide_name_from_unit"),
        ({"channel": "paper"}, "channel"),
        ({"photos": []}, "photos"),
        ({"a\x00b": 1}, "(unknown field)"),
        ({"token": None}, "token"),
    ],
)
def test_a_wrong_type_or_unknown_field_is_named(api: Api, change: Any, field: str) -> None:
    answer = api.post("/reviews", {"token": "x", "level": 5} | change)

    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid"
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert answer.json()["field"] == field


@pytest.mark.parametrize("body", [[], "x", 1, None])
def test_a_body_that_is_no_object_is_refused(api: Api, body: Any) -> None:
    assert api.post("/reviews", body).status_code == 422


def test_reasons_are_told_in_the_language_asked_for() -> None:
    told = Api(language="zh-hans").post("/reviews", {"token": "x"}).json()

    assert told["errors"] == [{"field": "level", "reason": "此项必填。"}]


def test_a_fault_of_ours_is_a_problem_that_tells_nothing_personal(
    api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_everything: Any) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr("huiyin.intake.lane.writer.submit_together", broken)
    text = "我的电话是13800001234"

    answer = api.post(
        "/reviews", {"token": factories.token(), "level": 1, "tags": [], "text": text}
    )

    assert (answer.status_code, answer.json()["code"]) == (500, "server-error")
    assert "boom" not in answer.content.decode()
    assert text not in caplog.text


def test_no_page_of_the_framework_is_served(api: Api) -> None:
    assert api.get("/docs").status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/events"),
        ("GET", "/matters"),
        ("GET", "/matters/ABC"),
        ("POST", "/matters/ABC/calls"),
        ("DELETE", "/sessions"),
    ],
)
@pytest.mark.parametrize("bearer", ["", "hy_wrong", "x" * 5000, "a.b", "ü"])
def test_without_a_valid_key_or_session_nothing_opens(method: str, path: str, bearer: str) -> None:
    answer = Api(bearer).send(method, path)

    assert (answer.status_code, answer.json()["code"]) == (401, "not-signed-in")
    assert answer["WWW-Authenticate"] == "Bearer"


def test_guessing_keys_is_slowed_down_and_a_valid_key_is_not() -> None:
    _pusher, key = factories.integrator()
    row = factories.event_row(factories.organisation())
    statuses = [Api("hy_wrong").post("/events", {"events": [row]}).status_code for _ in range(7)]

    assert statuses[0] == 401
    answer = Api("hy_wrong").post("/events", {"events": [row]})
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
    assert Api(key).post("/events", {"events": [row]}).status_code == 200
