"""Each person decides in which order and how patiently they are told."""

from __future__ import annotations

import pytest

from huiyin.directory.models import Staff
from huiyin.notices import services
from huiyin.notices.models import Channel
from tests import factories
from tests.web.people import SignedIn

pytestmark = pytest.mark.django_db
ADDRESS = "/desk/notices/preferences"


@pytest.fixture
def staff() -> Staff:
    person = factories.staff()
    for transport, address in (("email", "li@example.gov.cn"), ("sms_http", "13900000000")):
        services.give_address(staff=person, transport=transport, address=address, by=person)
    return person


def _typed(**changed: str) -> dict[str, str]:
    return {
        "email-active": "on",
        "email-position": "2",
        "email-wait_minutes": "45",
        "sms_http-position": "1",
        "sms_http-wait_minutes": "5",
        **changed,
    }


def test_the_order_the_patience_and_the_switches_are_stored(
    signed_in: SignedIn, staff: Staff
) -> None:
    answer = signed_in(staff).post(ADDRESS, _typed())
    assert answer["Location"] == ADDRESS
    found = Channel.objects.values_list("transport", "position", "wait_minutes", "active")
    assert set(found) == {("email", 2, 45, True), ("sms_http", 1, 5, False)}


@pytest.mark.parametrize("wrong", ["0", "10081", "soon", ""])
def test_nonsense_is_shown_again_and_changes_nothing(
    signed_in: SignedIn, staff: Staff, wrong: str
) -> None:
    answer = signed_in(staff).post(ADDRESS, _typed(**{"email-wait_minutes": wrong}))
    assert answer.status_code == 422
    assert set(Channel.objects.values_list("wait_minutes", flat=True)) == {30}


def test_the_page_shows_no_address(signed_in: SignedIn, staff: Staff) -> None:
    page = signed_in(staff).get(ADDRESS).content.decode()
    assert "13900000000" not in page
    assert "li@example.gov.cn" not in page
    assert "Minutes to wait" in page


def test_one_person_cannot_arrange_the_channels_of_another(
    signed_in: SignedIn, staff: Staff
) -> None:
    other = factories.staff()
    signed_in(other).post(ADDRESS, _typed())
    assert set(Channel.objects.values_list("position", flat=True)) == {1}
    assert Channel.objects.filter(staff=other).count() == 0


def test_without_an_address_the_page_says_whom_to_ask(signed_in: SignedIn) -> None:
    page = signed_in(factories.staff()).get(ADDRESS).content.decode()
    assert "Ask an administrator" in page


def test_nobody_comes_in_without_signing_in(client: object) -> None:
    assert client.get(ADDRESS).status_code == 302  # type: ignore[attr-defined]
