"""A client of the API that speaks JSON and checks every refusal."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from huiyin.directory.models import Staff
from tests import factories

PROBLEM = "application/problem+json"


class Api:
    """A client of ``/api/v1``; every refusal it gets must be a problem document."""

    def __init__(self, bearer: str = "", language: str = "en") -> None:
        self._client = Client(raise_request_exception=False, enforce_csrf_checks=True)
        self._headers = {"accept-language": language}
        if bearer:
            self._headers["authorization"] = f"Bearer {bearer}"

    def get(self, path: str, **query: Any) -> Any:
        return self._checked(self._client.get(f"/api/v1{path}", query, headers=self._headers))

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.raw(path, json.dumps(body).encode(), **headers)

    def raw(self, path: str, body: bytes, kind: str = "application/json", **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._checked(
            self._client.post(
                f"/api/v1{path}", body, content_type=kind, headers=self._headers | named
            )
        )

    def form(self, path: str, **fields: Any) -> Any:
        return self._checked(self._client.post(f"/api/v1{path}", fields, headers=self._headers))

    def send(self, method: str, path: str) -> Any:
        return self._checked(self._client.generic(method, f"/api/v1{path}", headers=self._headers))

    def _checked(self, response: Any) -> Any:
        if response.status_code >= 400:
            assert response["Content-Type"] == PROBLEM, response.content
            told = response.json()
            assert told["status"] == response.status_code
            assert told["type"] == f"urn:huiyin:problem:{told['code']}"
            assert told["title"]
        if response.status_code != 204 and not response.streaming:
            assert response["Cache-Control"]
        return response


def signed_in(staff: Staff) -> Api:
    answer = Api().post("/sessions", {"username": staff.username, "password": factories.PASSWORD})
    assert answer.status_code == 201, answer.content
    return Api(answer.json()["token"])
