"""An administrator adds and removes sites; what is no origin is said beside the field."""

from __future__ import annotations

import pytest
from django.test import Client

from huiyin.directory.models import Role
from huiyin.intake.embedding import script
from huiyin.intake.embedding.models import Site
from huiyin.intake.embedding.queries import origins
from tests import factories

pytestmark = pytest.mark.django_db
ADD = "/admin/embedding/site/add/"


@pytest.fixture
def administrator() -> Client:
    browser = Client()
    over = factories.region(factories.PROVINCE)
    browser.force_login(factories.staff(Role.ADMINISTRATOR, over=over))
    return browser


def add(browser: Client, origin: str) -> str:
    said = {"name": "门户", "origin": origin, "active": "on"}
    return browser.post(ADD, said, follow=True).content.decode()


def test_a_site_is_added_as_browsers_write_it_changed_and_removed(administrator: Client) -> None:
    add(administrator, "HTTPS://www.Example.gov.cn/")
    site = Site.objects.get()
    assert site.origin == "https://www.example.gov.cn"
    page = administrator.get(f"/admin/embedding/site/{site.pk}/change/").content.decode()
    assert script.RELEASED[script.NEWEST].integrity.replace("+", "&#x2B;") in page or (
        script.RELEASED[script.NEWEST].integrity in page
    )
    administrator.post(
        f"/admin/embedding/site/{site.pk}/change/",
        {"name": "门户", "origin": "https://new.example.gov.cn", "active": "on"},
    )
    assert origins() == ["https://new.example.gov.cn"]
    administrator.post(f"/admin/embedding/site/{site.pk}/delete/", {"post": "yes"})
    assert origins() == []


@pytest.mark.parametrize(
    ("origin", "says"),
    [
        ("https://*.example.gov.cn", "不含路径、通配符和用户名"),
        ("https://a.example; script-src *", "不含路径、通配符和用户名"),
        ("https://taken.example.gov.cn:443", "已存在"),
    ],
)
def test_what_cannot_be_registered_is_said_beside_the_field(
    administrator: Client, origin: str, says: str
) -> None:
    add(administrator, "https://taken.example.gov.cn")
    assert says in add(administrator, origin)
    assert Site.objects.count() == 1


def test_nobody_else_finds_it() -> None:
    browser = Client()
    browser.force_login(factories.staff(Role.SUPERVISOR))
    assert browser.get(ADD).status_code in {302, 403, 404}
    browser.post(ADD, {"name": "门户", "origin": "https://www.example.gov.cn", "active": "on"})
    assert not Site.objects.exists()
