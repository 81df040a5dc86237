from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client

from huiyin.directory.models import Staff
from huiyin.web.desk import signing_in
from tests import factories
from tests.web.people import SignedIn

pytestmark = pytest.mark.django_db
ADDRESS = "/desk/login/"


@pytest.fixture(autouse=True)
def _fresh_throttle() -> Iterator[None]:
    signing_in.wrong_passwords._buckets.clear()
    yield
    signing_in.wrong_passwords._buckets.clear()


@pytest.fixture
def staff() -> Staff:
    return factories.staff(username="lin")


def _sign_in(client: Client, name: str, password: str, **more: str) -> object:
    return client.post(ADDRESS, {"username": name, "password": password} | more)


def test_the_right_password_leads_back_to_the_deep_link(client: Client, staff: Staff) -> None:
    answer = _sign_in(client, "lin", factories.PASSWORD, next="/desk/matters/ABCDEFGH12")
    assert answer["Location"] == "/desk/matters/ABCDEFGH12"


@pytest.mark.parametrize("target", ["https://elsewhere.example/", "//elsewhere.example"])
def test_signing_in_never_leads_elsewhere(client: Client, staff: Staff, target: str) -> None:
    assert _sign_in(client, "lin", factories.PASSWORD, next=target)["Location"] == "/desk/"


def test_an_unknown_name_a_wrong_password_and_a_closed_account_sound_the_same(
    client: Client, staff: Staff
) -> None:
    closed = factories.staff(username="gone")
    Staff.objects.filter(pk=closed.pk).update(is_active=False)
    answers = [
        _sign_in(client, "nobody", factories.PASSWORD),
        _sign_in(client, "lin", "wrong password"),
        _sign_in(client, "gone", factories.PASSWORD),
    ]
    sentences = {_error(answer.content.decode()) for answer in answers}
    assert len(sentences) == 1
    assert {answer.status_code for answer in answers} == {422}


def _error(page: str) -> str:
    return page.split('role="alert"')[1].split("</p>")[0]


def test_guessing_is_slowed_down_for_one_account_and_address_only(
    client: Client, staff: Staff
) -> None:
    factories.staff(username="zhou")
    for _ in range(5):
        assert _sign_in(client, "lin", "wrong password").status_code == 422
    # Not even the right one helps now, in whatever case the name is typed.
    assert _sign_in(client, "lin", factories.PASSWORD).status_code == 429
    assert _sign_in(client, "LIN", factories.PASSWORD).status_code == 429
    assert _sign_in(Client(REMOTE_ADDR="10.0.0.9"), "lin", factories.PASSWORD).status_code == 302
    assert _sign_in(client, "zhou", factories.PASSWORD).status_code == 302


def test_signing_out_takes_a_form(signed_in: SignedIn, staff: Staff) -> None:
    client = signed_in(staff)
    assert client.get("/desk/logout/").status_code == 405
    assert client.get("/desk/").status_code == 200
    assert client.post("/desk/logout/")["Location"] == ADDRESS
    assert client.get("/desk/").status_code == 302


def test_a_password_is_changed_by_whoever_knows_the_old_one(
    signed_in: SignedIn, staff: Staff
) -> None:
    client = signed_in(staff)
    fresh = "a river stone in May"
    typed = {"new_password1": fresh, "new_password2": fresh}
    wrong = client.post("/desk/password/", typed | {"old_password": "guess"})
    assert wrong.status_code == 422
    right = client.post("/desk/password/", typed | {"old_password": factories.PASSWORD})
    assert right["Location"] == "/desk/"
    assert client.get("/desk/").status_code == 200
    staff.refresh_from_db()
    assert staff.check_password(fresh)


def test_who_is_signed_in_need_not_sign_in_again(signed_in: SignedIn, staff: Staff) -> None:
    assert signed_in(staff).get(ADDRESS)["Location"] == "/desk/"
