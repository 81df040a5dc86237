"""The log names no invitation token and no receipt code, whatever goes wrong."""

from __future__ import annotations

import logging
from logging.config import DictConfigurator

import pytest
from django.conf import settings
from django.test import Client

from huiyin.conf.redaction import cut
from huiyin.web.citizen import views
from tests import factories

pytestmark = pytest.mark.django_db
_CHAINED = "\n\nThe above exception was the direct cause of the following exception:\n\nTraceback"


def test_a_page_that_breaks_does_not_log_the_token(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    token = factories.token()

    def broken(*args: object) -> None:
        raise RuntimeError(f"GET /r/{token}")

    monkeypatch.setattr(views.queries, "invited", broken)
    caplog.handler.setFormatter(
        DictConfigurator(settings.LOGGING).configure_formatter(
            dict(settings.LOGGING["formatters"]["line"])
        )
    )
    Client(raise_request_exception=False).get(f"/r/{token}")

    assert "/r/…" in caplog.text
    assert token not in caplog.text


@pytest.mark.parametrize("address", ["/s/{}", "/api/v1/receipts/{}", "/s/{}/decline"])
@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_a_wrong_method_does_not_log_the_receipt(
    caplog: pytest.LogCaptureFixture, address: str, method: str
) -> None:
    caplog.set_level(logging.DEBUG)
    code = factories.review().code
    caplog.clear()

    getattr(Client(enforce_csrf_checks=True), method)(address.format(code))

    said = " ".join(record.getMessage() for record in caplog.records if "sql" not in record.args)
    assert code not in said


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("Internal Server Error: /r/AbC-_123", "Internal Server Error: /r/…"),
        ("/s/7K3M/photos/1?x=/r/abc", "/s/…/photos/1?x=/r/…"),
        ("/slip/7K3M", "/slip/…"),
        ("/i/7K3M/invitations", "/i/…/invitations"),
        ("GET 'http://h/api/v1/receipts/7K3M'", "GET 'http://h/api/v1/receipts/…'"),
        (
            f"x: refused\nDETAIL:  Failing row (张三丰,\n\n1380000)\nCONTEXT: $1{_CHAINED}",
            f"x: refused\nDETAIL: …{_CHAINED}",
        ),
        ("/reviews/ /static/s.css /organisations/1", "/reviews/ /static/s.css /organisations/1"),
    ],
)
def test_keys_are_cut_and_everything_else_stays(line: str, shown: str) -> None:
    assert cut(line) == shown
