"""Who is given an invitation's link, and what it tells whoever holds it."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from huiyin.intake.events.services import take_in
from huiyin.matters.table import State
from huiyin.reviews import services as reviews
from huiyin.reviews.models import Invitation
from huiyin.reviews.services import NewReview
from tests import factories
from tests.support.epochs import seal

pytestmark = pytest.mark.django_db


def test_one_integrator_does_not_get_the_invitation_of_anothers_event() -> None:
    unit = factories.organisation()
    first, _key = factories.integrator()
    other, _key = factories.integrator()
    row = factories.event_row(unit)
    take_in([row], first)

    [verdict] = take_in([row | {"invite": True, "mobile": "13900000000"}], other)

    assert verdict.outcome == "duplicate"
    assert verdict.invitation is None
    assert not Invitation.objects.exists()


def test_the_integrator_that_pushed_an_event_gets_the_same_invitation_again() -> None:
    unit = factories.organisation()
    pusher, _key = factories.integrator()
    row = factories.event_row(unit, invite=True)

    [first] = take_in([row], pusher)
    [again] = take_in([row], pusher)

    assert first.invitation
    assert again.invitation == first.invitation


def _looks(client: Client, token: str) -> tuple[int, str, int, object]:
    """All that somebody with the link sees without rating; keys of forms differ at each look."""
    page = client.get(f"/r/{token}")
    told = client.post(
        "/api/v1/invitations/inspect", {"token": token}, content_type="application/json"
    )
    shown = re.sub(
        r'(name="(key|csrfmiddlewaretoken)" value=|"X-CSRFToken": )"[^"]+"',
        "",
        page.content.decode(),
    )
    return page.status_code, shown, told.status_code, told.json()


@pytest.mark.parametrize("level", [1, 5])
def test_who_holds_the_link_learns_only_after_the_sealing_that_it_was_used(
    client: Client, level: int
) -> None:
    token = factories.token()
    before = _looks(client, token)

    reviews.submit(token=token, review=NewReview(level=level, text="好"))

    assert _looks(client, token) == before
    assert client.post(f"/r/{token}", {"level": "5"}).status_code == 409
    seal()
    page, _shown, told, _answer = _looks(client, token)
    assert (page, told) == (409, 409)


@pytest.mark.parametrize("level", [2, 4])
def test_a_used_link_to_the_follow_up_looks_open_until_the_sealing(
    client: Client, level: int
) -> None:
    made = factories.loop(State.TOLD)
    token = reviews.follow_up_token(made.again())
    assert token
    before = _looks(client, token)

    reviews.submit(token=token, review=NewReview(level=level, text="好"))

    assert _looks(client, token) == before
    seal()
    assert _looks(client, token)[0] == 409
