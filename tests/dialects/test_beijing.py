"""Beijing over HTTP: push, the code in the reply, and the page it opens."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from django.test import Client

from huiyin.dialects.beijing import page_token
from huiyin.reviews.models import Invitation, ServiceEvent
from tests import factories
from tests.dialects.support import Beijing

pytestmark = pytest.mark.django_db
SALT = "1234567890123456"


def row_of(**changes: Any) -> dict[str, Any]:
    return factories.event_row(factories.organisation(), **changes)


def test_a_repeated_push_is_the_same_event_and_answered_as_the_first() -> None:
    system, row = Beijing(), row_of(userName="𠮷野&家=张")
    first, second = system.push(row), system.push(row)

    assert first == second
    assert first["success"] is True
    assert len(first["serviceCode"]) == 48
    assert first["errorMessage"] == ""
    assert ServiceEvent.objects.count() == 1


def test_a_refusal_has_a_message_and_no_code() -> None:
    answer = Beijing().push(row_of(mobile="1"))

    assert answer["success"] is False
    assert answer["serviceCode"] == ""
    assert "mobile" in answer["errorMessage"]


def test_the_token_weaves_salt_and_hash_as_clients_do() -> None:
    digest = hashlib.md5(f"text{SALT}".encode(), usedforsecurity=False).hexdigest()
    token = page_token.made("text", SALT)

    assert len(token) == 48
    assert token[:3] == digest[0] + SALT[0] + digest[1]
    assert token[1::3] == SALT
    assert page_token.fits(token, "other", "text")
    assert not page_token.fits(token, "other")
    assert not page_token.fits(token[:-1], "text")


@pytest.mark.parametrize("of", ["{service}{word}", "{mark}{service}{word}", "{mark}{word}"])
def test_code_and_token_open_the_page(of: str) -> None:
    system = Beijing()
    service = system.push(row_of())["serviceCode"]
    text = of.format(service=service, word=system.secrets.word, mark=system.client.app_mark)
    answer = Client().get(
        "/gateways/beijing/page",
        {"serviceCode": service, "token": page_token.made(text, SALT)},
    )

    assert answer.status_code == 303
    assert "/r/" in answer["Location"]
    assert Invitation.objects.count() == 1


def test_another_code_or_token_opens_nothing() -> None:
    system, other = Beijing(), Beijing(app_mark="other")
    service = system.push(row_of())["serviceCode"]
    token = page_token.made(service, SALT)
    forged = service[:32] + "0" * 16
    for code, said in (
        (forged, page_token.made(forged, SALT)),
        (service, page_token.made("else", SALT)),
        (service, ""),
        ("", token),
    ):
        answer = Client().get("/gateways/beijing/page", {"serviceCode": code, "token": said})
        assert answer.status_code == 404
    assert other.push(row_of())["serviceCode"] != service
    assert not Invitation.objects.exists()


def test_a_client_that_is_switched_off_sends_nobody_to_a_page() -> None:
    system = Beijing()
    service = system.push(row_of())["serviceCode"]
    system.client.active = False
    system.client.save()
    query = {"serviceCode": service, "token": page_token.made(service, SALT)}

    assert Client().get("/gateways/beijing/page", query).status_code == 404
