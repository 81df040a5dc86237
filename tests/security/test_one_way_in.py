"""There is one place to sign in, and it slows down who guesses."""

from __future__ import annotations

import pytest
from django.test import Client

from huiyin.directory.models import Role
from tests import factories

pytestmark = pytest.mark.django_db


def test_the_administration_sends_everybody_to_the_one_sign_in() -> None:
    answer = Client().post("/admin/login/?next=/admin/", {"username": "a", "password": "b"})
    assert answer.status_code == 302
    assert answer["Location"] == "/desk/login/?next=/admin/"


def test_who_signs_in_there_comes_back_to_the_administration() -> None:
    staff = factories.staff(Role.ADMINISTRATOR, over=factories.region("330000000000"))
    client = Client()
    answer = client.post(
        "/desk/login/?next=/admin/",
        {"username": staff.username, "password": factories.PASSWORD, "next": "/admin/"},
        follow=True,
    )
    assert answer.redirect_chain[-1][0] == "/admin/"
    assert answer.status_code == 200
