"""The document and the API agree, whatever is sent: generated requests, checked answers."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import pytest
import schemathesis
from django.test import Client
from hypothesis import HealthCheck, Phase, assume, given, settings
from requests import PreparedRequest, Response, Session
from requests.adapters import BaseAdapter
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)
from urllib3 import HTTPResponse

from huiyin.api import auth
from huiyin.api.openapi import document
from huiyin.api.v1 import batches, events, receipts, reviews
from huiyin.kernel.throttle import Throttle
from huiyin.matters.table import State
from huiyin.reviews.services import add_adapter
from tests import factories
from tests.api.client import Api
from tests.factories import Loop

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


class InProcess(BaseAdapter):
    """Takes what would go over the wire to Django's test client, inside the test's transaction."""

    def send(self, request: PreparedRequest, **_options: Any) -> Response:
        address = urlsplit(request.url or "")
        body = request.body or b""
        answer = Client(raise_request_exception=False).generic(
            request.method or "GET",
            address.path,
            body.encode() if isinstance(body, str) else body,
            content_type=request.headers.get("Content-Type", ""),
            QUERY_STRING=address.query,
            headers={
                name: value for name, value in request.headers.items() if name != "Content-Length"
            },
        )
        response = Response()
        response.request, response.url = request, request.url or ""
        response.status_code = answer.status_code
        response.headers.update(answer.headers)
        response._content = b"".join(answer) if answer.streaming else answer.content
        response.raw = HTTPResponse(status=answer.status_code, headers=dict(answer.headers))
        return response

    def close(self) -> None:
        """Nothing is kept open."""


@pytest.fixture
def wire() -> Session:
    session = Session()
    session.mount("http://testserver", InProcess())
    return session


@pytest.fixture
def _open_throttles(monkeypatch: pytest.MonkeyPatch, _full_throttles: None) -> None:
    """Refusals for being too fast would hide all others."""
    for place, name in (
        (auth, "wrong_bearers"),
        (events, "calls"),
        (batches, "calls"),
        (reviews, "wrong_tokens"),
        (receipts, "wrong_codes"),
    ):
        monkeypatch.setattr(place, name, Throttle(burst=10**6, per_minute=10**6))


@pytest.fixture
def played(db: None, _open_throttles: None) -> tuple[Loop, str, dict[str, str]]:
    """A matter that is being rectified, its handler's token, and the keys of programs by path."""
    made = factories.loop(State.RECTIFYING)
    said = {"username": made.handler.username, "password": factories.PASSWORD}
    token = Api().post("/sessions", said).json()["token"]
    _integrator, key = factories.integrator()
    _adapter, adapter_key = add_adapter(name="短信网关", channel="sms")
    return made, token, {"/api/v1/events": key, "/api/v1/reviews/batch": adapter_key}


DOCUMENT = json.loads(json.dumps(document()))
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
OPERATIONS = [
    (method.upper(), path, mode)
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    # Nothing can be wrong where nothing is asked for but a code in the address.
    if mode is GenerationMode.POSITIVE
    or "requestBody" in operation
    or any(parameter["name"] != "code" for parameter in operation["parameters"])
]


@pytest.mark.parametrize(("method", "path", "mode"), OPERATIONS)
def test_every_answer_is_one_that_the_document_declares(
    method: str,
    path: str,
    mode: GenerationMode,
    wire: Session,
    played: tuple[Loop, str, dict[str, str]],
) -> None:
    made, token, keys = played
    bearer = keys.get(path, token)
    headers = {"Authorization": f"Bearer {bearer}", "Accept-Language": "en"}
    code = made.matter.code if "/matters/" in path else made.receipt.code
    # A wrong row of events or of reviews is told in its verdict, and the call is accepted.
    checks = CHECKS if path in keys else [*CHECKS, negative_data_rejection]
    asked_for = {one["name"] for one in DOCUMENT["paths"][path][method.lower()]["parameters"]}

    def check(case: schemathesis.Case) -> None:
        # What nobody asked for in the address is passed over, as everywhere on the web.
        assume(asked_for.issuperset(case.query or ()))
        if "code" in case.path_parameters and len(str(case.path_parameters["code"])) % 2:
            case.path_parameters["code"] = code
        answer = case.call(base_url="http://testserver", session=wire, headers=headers)
        case.validate_response(answer, checks=checks)

    operation = SCHEMA[path][method]
    settings(
        max_examples=20,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )(given(case=operation.as_strategy(generation_mode=mode))(check))()
