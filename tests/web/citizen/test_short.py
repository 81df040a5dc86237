"""The short link of a text message: to the rating page, and nowhere for whoever guesses."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from huiyin.intake.invitations import wording
from huiyin.intake.invitations.models import Kind, Planned
from huiyin.intake.invitations.short_links import code_of, token_behind
from huiyin.kernel import ids
from huiyin.reviews import tokens
from tests import factories
from tests.intake.invitations import support
from tests.intake.invitations.support import Gateway

pytestmark = pytest.mark.django_db


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Gateway:
    return support.use(Gateway(), monkeypatch)


def _code(gateway: Gateway, frozen_clock: Any) -> str:
    """The code in the message that somebody was sent."""
    support.ladder(support.MESSAGE)
    support.served()
    support.plan()
    frozen_clock.move_by(days=1)
    support.hand_over()
    return support.link_in(gateway.sent[0][1])


def test_it_leads_to_the_rating_page_of_its_service(
    client: Client, gateway: Gateway, frozen_clock: Any
) -> None:
    code = _code(gateway, frozen_clock)
    answer = client.get(f"/i/{code}")
    right = tokens.read(answer["Location"].removeprefix("/r/"))
    assert right.event_id == Planned.objects.get().event_id
    assert client.get(answer["Location"]).status_code == 200
    assert answer["Cache-Control"] == "private, no-store"


def test_it_can_be_typed_from_the_telephone(
    client: Client, gateway: Gateway, frozen_clock: Any
) -> None:
    code = _code(gateway, frozen_clock)
    typed = f"{code[:4]}-{code[4:]}".lower()
    assert client.get(f"/i/{typed}")["Location"] == f"/r/{token_behind(code)}"


def test_invitations_are_ended_by_it(client: Client, gateway: Gateway, frozen_clock: Any) -> None:
    code = _code(gateway, frozen_clock)
    answer = client.get(f"/i/{code}/invitations")
    assert answer["Location"] == f"/r/{token_behind(code)}/invitations"
    assert client.get(answer["Location"]).status_code == 200


def test_it_expires_with_the_invitation(
    client: Client, gateway: Gateway, frozen_clock: Any
) -> None:
    code = _code(gateway, frozen_clock)
    frozen_clock.move_by(days=30)
    assert client.get(f"/i/{code}", follow=True).status_code == 410


def test_before_the_message_is_handed_over_its_code_leads_nowhere(client: Client) -> None:
    support.ladder(support.MESSAGE)
    event = support.served()
    support.plan()
    code = code_of(event.pk, event.organisation_id)
    assert client.get(f"/i/{code}").status_code == 403


@pytest.mark.parametrize("code", ["x", "0" * 13, "0" * 200])
def test_a_made_up_code_opens_nothing(client: Client, code: str) -> None:
    assert client.get(f"/i/{code}").status_code == 403


def test_who_tries_many_codes_is_asked_to_wait(
    client: Client, gateway: Gateway, frozen_clock: Any
) -> None:
    code = _code(gateway, frozen_clock)
    guessed = {client.get(f"/i/{ids.new_code(12)}").status_code for _ in range(70)}
    assert guessed == {403, 429}
    # The hall's address is slowed down; who has a right code is not.
    assert client.get(f"/i/{code}").status_code == 302


def test_an_invitation_with_a_long_name_and_address_takes_two_messages(settings: Any) -> None:
    settings.LANGUAGE_CODE = "zh-hans"
    settings.HUIYIN_BASE_URL = "https://hcp.example.gov.cn"
    event = factories.event()
    link = f"{settings.HUIYIN_BASE_URL}/i/{code_of(event.pk, event.organisation_id)}"
    values = {"unit": "龙泉市市场监督管理局", "day": "12月31日", "url": link}
    said = wording.said(Kind.INVITATION, values)
    assert wording.parts_of(said) == 2
    for kind in (Kind.HELP, Kind.WHICH, Kind.OPTED_OUT):
        more = {"url": f"{link}/invitations"} if kind == Kind.OPTED_OUT else {}
        assert wording.parts_of(wording.said(kind, values | more)) <= 2
