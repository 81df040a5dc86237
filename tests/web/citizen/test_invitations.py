"""Wanting no invitations, by the link of one."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from huiyin.intake.invitations import queries
from huiyin.intake.invitations.models import OptOut
from huiyin.reviews.services import erase_person
from tests import factories
from tests.intake.invitations import support

pytestmark = pytest.mark.django_db


@pytest.fixture
def citizen() -> Client:
    return Client(headers={"accept-language": "en"})


def test_the_rating_page_leads_there_and_it_is_asked_once_more(citizen: Client) -> None:
    token = factories.token()
    address = f"/r/{token}/invitations"
    assert address in citizen.get(f"/r/{token}").content.decode()
    assert "No more invitations?" in citizen.get(address).content.decode()
    number = support.hash_of(factories.MOBILE)
    assert not queries.opted_out([number])
    assert citizen.post(address).status_code == 302
    assert queries.opted_out([number])
    assert OptOut.objects.get().via == "page"


def test_it_can_be_taken_back(citizen: Client) -> None:
    address = f"/r/{factories.token()}/invitations"
    citizen.post(address)
    assert "Invite me again" in citizen.get(address).content.decode()
    citizen.post(address, {"again": "1"})
    assert not queries.opted_out([support.hash_of(factories.MOBILE)])
    assert OptOut.objects.get().back_via == "page"


def test_the_link_says_no_also_when_it_is_too_late_to_rate(
    citizen: Client, frozen_clock: Any
) -> None:
    token = factories.token()
    frozen_clock.move_by(days=40)
    assert citizen.post(f"/r/{token}/invitations").status_code == 302
    assert queries.opted_out([support.hash_of(factories.MOBILE)])


def test_a_made_up_link_and_an_erased_person_open_nothing(citizen: Client) -> None:
    assert citizen.post("/r/made-up/invitations").status_code == 403
    event = factories.event()
    token = factories.token(event)
    erase_person(case=event.case, reason="依法申请删除", by="test")
    assert citizen.post(f"/r/{token}/invitations").status_code == 403
    assert not OptOut.objects.exists()


def test_a_follow_up_review_offers_no_such_thing(citizen: Client) -> None:
    from huiyin.matters.table import State
    from huiyin.reviews.services import follow_up_token

    loop = factories.loop(State.TOLD)
    token = follow_up_token(loop.again())
    assert "/invitations" not in citizen.get(f"/r/{token}").content.decode()
