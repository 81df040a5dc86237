"""Administrators manage integrators and read the rest."""

from __future__ import annotations

import pytest
from django.test import Client

from huiyin.directory.models import Role
from huiyin.reviews.models import Integrator
from huiyin.reviews.queries import current_tags, integrator_by_key
from tests import factories

pytestmark = pytest.mark.django_db
ADDRESS = "/admin/reviews"


@pytest.fixture
def administrator() -> Client:
    client = Client()
    client.force_login(
        factories.staff(Role.ADMINISTRATOR, over=factories.region(factories.PROVINCE))
    )
    return client


def key_in(page: str) -> str:
    return page.partition("<code>")[2].partition("</code>")[0]


def test_a_new_integrators_key_is_shown_once_and_kept_as_a_hash(administrator: Client) -> None:
    region = factories.region()
    answer = administrator.post(
        f"{ADDRESS}/integrator/add/", {"name": "省平台", "region": region.pk, "active": "on"}
    )

    key = key_in(answer.content.decode())
    made = Integrator.objects.get()
    assert integrator_by_key(key) == made
    assert answer["Cache-Control"] == "private, no-store"
    assert key.encode() not in bytes(made.key_hash)
    page = administrator.get(f"{ADDRESS}/integrator/{made.pk}/change/").content.decode()
    assert key not in page


def test_a_key_can_be_renewed_and_the_old_one_ends(administrator: Client) -> None:
    made, old = factories.integrator()
    answer = administrator.post(
        f"{ADDRESS}/integrator/", {"action": "renew", "_selected_action": [str(made.pk)]}
    )

    assert integrator_by_key(key_in(answer.content.decode())) == made
    assert integrator_by_key(old) is None


def test_an_integrator_can_be_switched_off_and_never_deleted(administrator: Client) -> None:
    made, key = factories.integrator()
    administrator.post(
        f"{ADDRESS}/integrator/{made.pk}/change/", {"name": made.name, "region": made.region.pk}
    )

    assert integrator_by_key(key) is None
    assert administrator.post(f"{ADDRESS}/integrator/{made.pk}/delete/").status_code == 403


@pytest.mark.parametrize("noun", ["case", "serviceevent", "taglist"])
def test_everything_else_can_only_be_read_and_tells_nothing_personal(
    noun: str, administrator: Client
) -> None:
    made = factories.loop()
    row = {
        "case": made.event.case_id,
        "serviceevent": made.event.pk,
        "taglist": current_tags()["510"].tag_list_id,
    }[noun]
    pages = [
        administrator.get(f"{ADDRESS}/{noun}/"),
        administrator.get(f"{ADDRESS}/{noun}/{row}/change/"),
    ]

    for page in pages:
        assert page.status_code == 200
        for personal in (factories.NAME, factories.MOBILE, factories.IDENTITY, "等了三个小时"):
            assert personal not in page.content.decode()
    assert administrator.get(f"{ADDRESS}/{noun}/add/").status_code == 403
    assert administrator.post(f"{ADDRESS}/{noun}/{row}/change/", {"level": 5}).status_code == 403
    assert administrator.post(f"{ADDRESS}/{noun}/{row}/delete/").status_code == 403


def test_reviews_are_not_shown_as_they_arrive(administrator: Client) -> None:
    factories.review()

    assert administrator.get(f"{ADDRESS}/review/").status_code == 404


def test_others_do_not_come_in() -> None:
    client = Client()
    client.force_login(factories.staff(Role.SUPERVISOR))

    assert client.get(f"{ADDRESS}/integrator/").status_code == 302
