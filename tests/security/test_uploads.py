"""What a link or an address costs whoever serves it."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from huiyin.intake.channels.web import form
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry for each picture that was decoded."""
    found: list[int] = []
    accept = form.accept_photo

    def counted(*args: object, **kwargs: object) -> object:
        found.append(1)
        return accept(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(form, "accept_photo", counted)
    return found


def _send(client: Client, token: str, key: str = "") -> int:
    photo = SimpleUploadedFile("a.png", b"no picture")
    answer = client.post(f"/r/{token}", {"level": "5", "key": key, "photos": photo})
    return answer.status_code


def test_a_used_link_costs_no_decoding(client: Client, decoded: list[int]) -> None:
    event = factories.event()
    token = factories.token(event)
    assert _send(client, token) == 422
    assert len(decoded) == 1

    factories.review(event, text="别的话。")

    assert _send(client, token) == 409
    assert len(decoded) == 1


def test_a_link_of_no_event_costs_no_decoding(client: Client, decoded: list[int]) -> None:
    event = factories.event()
    token = factories.token(event)
    factories.review(event)

    assert _send(client, token[:-3] + "abc") == 403
    assert not decoded
