"""Staff sign in and out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session

from huiyin.directory.models import Role
from huiyin.kernel import clock
from tests import factories
from tests.api.client import Api, signed_in

pytestmark = pytest.mark.django_db


def test_signing_in_gives_a_token_for_twelve_hours(api: Api) -> None:
    staff = factories.staff(Role.APPROVER)

    answer = api.post("/sessions", {"username": staff.username, "password": factories.PASSWORD})

    told = answer.json()
    assert answer.status_code == 201
    assert (told["display_name"], told["roles"]) == (staff.display_name, ["approver"])
    assert Api(told["token"]).get("/matters").status_code == 200
    assert Session.objects.get().expire_date <= clock.now() + timedelta(hours=12)
    assert not answer.cookies


@pytest.mark.parametrize(
    ("username", "password"),
    [("nobody", factories.PASSWORD), ("known", "wrong password"), ("known", ""), ("", "")],
)
def test_a_wrong_name_and_a_wrong_password_sound_the_same(
    api: Api, username: str, password: str
) -> None:
    factories.staff(username="known")

    answer = api.post("/sessions", {"username": username, "password": password})

    assert (answer.status_code, answer.json()["code"]) == (401, "sign-in-failed")


def test_a_closed_account_cannot_sign_in_and_its_session_ends(api: Api) -> None:
    staff = factories.staff()
    client = signed_in(staff)
    staff.is_active = False
    staff.save()

    assert client.get("/matters").status_code == 401
    said = {"username": staff.username, "password": factories.PASSWORD}
    assert api.post("/sessions", said).json()["code"] == "sign-in-failed"


def test_changing_the_password_ends_the_session() -> None:
    staff = factories.staff()
    client = signed_in(staff)
    staff.set_password("another password 2")
    staff.save()

    assert client.get("/matters").status_code == 401


def test_signing_out_ends_the_session_and_no_other() -> None:
    staff = factories.staff()
    one, other = signed_in(staff), signed_in(staff)

    assert one.send("DELETE", "/sessions").status_code == 204
    assert one.get("/matters").status_code == 401
    assert other.get("/matters").status_code == 200


def test_a_session_ends_by_itself() -> None:
    client = signed_in(factories.staff())
    Session.objects.update(expire_date=clock.now() - timedelta(seconds=1))

    assert client.get("/matters").status_code == 401


def test_the_key_of_a_session_alone_or_altered_opens_nothing(api: Api) -> None:
    staff = factories.staff()
    said = {"username": staff.username, "password": factories.PASSWORD}
    token = api.post("/sessions", said).json()["token"]

    for wrong in (token.partition(".")[0], token[:-1], token + "A", token.upper()):
        assert Api(wrong).get("/matters").status_code == 401


def test_guessing_a_password_is_slowed_down_for_that_account_only(api: Api) -> None:
    victim, colleague = factories.staff(), factories.staff()
    said = {"username": victim.username, "password": "guess"}
    statuses = [api.post("/sessions", said).status_code for _ in range(6)]

    assert statuses == [401] * 5 + [429]
    right = {"username": victim.username.upper(), "password": factories.PASSWORD}
    answer = api.post("/sessions", right)
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
    assert signed_in(colleague)


def test_an_integrators_key_does_not_open_the_desk_nor_a_session_the_events() -> None:
    _integrator, key = factories.integrator()
    row = factories.event_row(factories.organisation())

    assert Api(key).get("/matters").status_code == 401
    client = signed_in(factories.staff())
    assert client.post("/events", {"events": [row]}).status_code == 401
