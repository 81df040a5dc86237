"""The IVR simulator: real in the demo under a link, a trial elsewhere."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from huiyin.directory.models import Role
from huiyin.intake.channels.hotline.models import Call
from huiyin.reviews.models import Review
from tests import factories
from tests.web.people import SignedIn

pytestmark = pytest.mark.django_db
ADDRESS = "/telephone/simulator/"


def _does(client: Client, *keys: str, **more: str) -> Any:
    for key in keys:
        answer = client.post(ADDRESS, {"do": key} | more, follow=True)
        assert answer.status_code == 200
    return answer


def test_a_tester_rates_under_an_invitation_by_keys() -> None:
    token = factories.token()
    client = Client(headers={"accept-language": "en"})
    page = _does(client, "start", link=f"http://testserver/r/{token}")
    assert "Press 5 for very satisfied." in page.content.decode()
    page = _does(client, "4", "1")
    assert "Your rating is recorded." in page.content.decode()
    assert (Review.objects.get().level, Review.objects.get().channel) == (4, "hotline")


def test_without_a_link_nothing_is_stored() -> None:
    page = _does(Client(headers={"accept-language": "en"}), "start", "5", "1")
    assert "would be stored" in page.content.decode()
    assert not Review.objects.exists()


@pytest.mark.parametrize("last", ["hang_up", "silence"])
def test_silence_and_hanging_up_store_nothing(last: str) -> None:
    client = Client(headers={"accept-language": "en"})
    _does(client, "start", link=factories.token())
    page = _does(client, "5", last, last, last)
    assert "not stored" in page.content.decode()
    assert not Review.objects.exists()


def test_a_wrong_link_is_told_so() -> None:
    answer = Client().post(ADDRESS, {"do": "start", "link": "http://testserver/r/xyz"})
    assert answer.status_code == 422
    assert not Call.objects.exists()


def test_keys_without_a_call_do_nothing() -> None:
    _does(Client(), "5", "hang_up", "x")
    assert not Call.objects.exists()


def test_another_browser_is_in_no_ones_call() -> None:
    _does(Client(), "start", "5")
    _does(Client(), "1")
    assert Call.objects.get().heard == 2


def test_outside_the_demo_it_is_a_trial_for_administrators(
    signed_in: SignedIn, settings: Any
) -> None:
    settings.HUIYIN_DEMO = False
    token = factories.token()
    outsiders = [Client(), signed_in(factories.staff(Role.HANDLER))]
    for outsider in outsiders:
        assert outsider.get(ADDRESS).status_code == 404
        assert outsider.post(ADDRESS, {"do": "start"}).status_code == 404
    administrator = signed_in(
        factories.staff(Role.ADMINISTRATOR, over=factories.region(factories.PROVINCE))
    )
    _does(administrator, "start", "5", "1", link=token)
    assert Call.objects.get().trial
    assert not Review.objects.exists()
