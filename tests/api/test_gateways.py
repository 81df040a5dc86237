"""What SMS providers post: taken from whoever is the provider, and from nobody else."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from huiyin.api.gateways import views
from huiyin.directory.models import Role
from huiyin.kernel.throttle import Throttle
from huiyin.notices.models import DeliveryReceipt, InboundSms
from huiyin.notices.sms import gateway as gateways
from tests import factories

SECRET = "a-secret-shared-with-the-provider"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "strangers", Throttle(burst=3, per_minute=1))


@pytest.fixture
def _connected(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    settings.HUIYIN_SMS_TEMPLATE = "generic"
    for name, value in {"URL": "http://127.0.0.1:9", "ACCOUNT": "a", "SECRET": SECRET}.items():
        monkeypatch.setenv(f"HUIYIN_SMS_HTTP_{name}", value)
    gateways.forget()
    yield
    gateways.forget()


def _post(what: str, data: Any, *, secret: str = SECRET) -> Any:
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    signature = hmac.new(secret.encode(), b"17\n" + body, hashlib.sha256).hexdigest()
    return Client(raise_request_exception=False).post(
        f"/gateways/sms/{what}",
        body,
        content_type="application/json",
        headers={"X-Timestamp": "17", "X-Signature": signature},
    )


def _message(**more: Any) -> Any:
    one = {"id": "mo-1", "from": factories.MOBILE, "to": "1069", "text": "私事"}
    return {"messages": [{**one, **more}]}


@pytest.mark.usefixtures("_connected")
def test_what_the_provider_posts_is_stored_once() -> None:
    for _again in range(2):
        assert _post("messages", _message()).status_code == 200
    assert InboundSms.objects.get().outcome == InboundSms.Outcome.UNKNOWN
    reports = {"reports": [{"id": "x", "status": "delivered"}, {"id": "", "status": "sent"}]}
    assert _post("reports", reports).status_code == 200
    assert DeliveryReceipt.objects.get().reference == "x"


@pytest.mark.usefixtures("_connected")
def test_neither_number_nor_text_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    _post("messages", _message())
    _post("messages", _message(text="\x00"), secret="another")
    _post("messages", b"{" + factories.MOBILE.encode())
    assert "a text message came in by http: unknown" in caplog.text
    assert factories.MOBILE not in caplog.text
    assert "私事" not in caplog.text


@pytest.mark.usefixtures("_connected")
def test_strangers_find_nothing_and_are_slowed_down_but_the_provider_is_not() -> None:
    answers = [_post("messages", _message(), secret="x" * 20).status_code for _ in range(5)]
    assert answers == [404, 404, 404, 429, 429]
    assert _post("messages", _message()).status_code == 200
    assert InboundSms.objects.count() == 1


@pytest.mark.usefixtures("_connected")
@pytest.mark.parametrize("body", [b"", b"7", b'{"messages": 1}', b'{"messages": [{"from": {}}]}'])
def test_signed_nonsense_is_refused_and_nothing_is_stored(body: bytes) -> None:
    assert _post("messages", body).status_code == 422
    assert not InboundSms.objects.exists()


@pytest.mark.usefixtures("_connected")
def test_a_huge_body_is_not_read_through() -> None:
    assert _post("messages", b" " * 300_000).status_code == 413


@pytest.mark.usefixtures("_connected")
def test_what_could_not_be_stored_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_what: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(views.sms, "receive_sms", full)
    assert _post("messages", _message()).status_code == 500


@pytest.mark.usefixtures("_connected")
def test_an_administrator_sees_that_something_came_in_and_not_what_it_says() -> None:
    _post("messages", _message())
    stored = InboundSms.objects.get()
    browser = Client()
    browser.force_login(
        factories.staff(Role.ADMINISTRATOR, over=factories.region(factories.PROVINCE))
    )
    for address in ("", f"{stored.pk}/change/"):
        page = browser.get(f"/admin/notices/inboundsms/{address}")
        assert page.status_code == 200
        assert "私事" not in page.content.decode()
        assert factories.MOBILE not in page.content.decode()
        assert stored.number_hash.hex() not in page.content.decode()
    browser.force_login(factories.loop().handler)
    assert browser.get("/admin/notices/inboundsms/").status_code in (302, 403, 404)


@pytest.mark.parametrize("what", ["messages", "reports"])
def test_without_a_provider_nothing_listens(what: str) -> None:
    assert _post(what, {}).status_code == 404
