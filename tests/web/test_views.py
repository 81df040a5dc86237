from __future__ import annotations

import re

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import translation

from huiyin.web import views

pytestmark = pytest.mark.django_db
PAGE = "/styleguide/"


def _token(page: bytes) -> str:
    found = re.search(rb'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert found
    return found.group(1).decode()


def test_large_text_is_switched_on_and_off_and_returns_to_the_page() -> None:
    client = Client(enforce_csrf_checks=True)
    page = client.get(PAGE)
    assert b'class="large"' not in page.content
    form = {"csrfmiddlewaretoken": _token(page.content), "next": PAGE}

    answer = client.post("/text-size/", form | {"large": "1"}, follow=True)
    assert answer.redirect_chain == [(PAGE, 302)]
    assert b'<html lang="zh-Hans" class="large">' in answer.content

    answer = client.post("/text-size/", form | {"large": "0"}, follow=True)
    assert b'class="large"' not in answer.content


def test_the_language_is_switched_and_returns_to_the_page() -> None:
    client = Client(enforce_csrf_checks=True)
    page = client.get(PAGE)
    form = {"csrfmiddlewaretoken": _token(page.content), "next": PAGE, "language": "en"}
    answer = client.post(reverse("set_language"), form, follow=True)
    assert answer.redirect_chain == [(PAGE, 302)]
    assert b'<html lang="en">' in answer.content
    assert b"Large text" in answer.content


@pytest.mark.parametrize(
    "target", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)", ""]
)
def test_the_switch_never_leads_elsewhere(client: Client, target: str) -> None:
    assert client.post("/text-size/", {"large": "1", "next": target})["Location"] == "/"


def test_following_the_switchs_address_changes_nothing(client: Client) -> None:
    answer = client.get("/text-size/?large=1")
    assert answer["Location"] == "/"
    assert not answer.cookies


def test_a_form_without_its_token_is_refused_in_words() -> None:
    answer = Client(enforce_csrf_checks=True).post("/text-size/", {"large": "1"})
    assert answer.status_code == 403
    assert "页面打开时间过长" in answer.content.decode()
    assert not answer.cookies.get("huiyin_large")


def test_an_unknown_address_gets_our_page_in_the_readers_language(client: Client) -> None:
    answer = client.get("/nothing-here/", headers={"accept-language": "en"})
    assert answer.status_code == 404
    assert b"There is nothing at this address" in answer.content


@pytest.mark.parametrize("status", [400, 403, 404, 413, 503])
def test_each_error_has_a_page_that_says_what_to_do(rf: RequestFactory, status: int) -> None:
    with translation.override("zh-hans"):
        answer = views.error_page(rf.get("/"), status)
    assert answer.status_code == status
    assert "返回首页" in answer.content.decode()


def test_a_detail_replaces_the_pages_own_advice(rf: RequestFactory) -> None:
    answer = views.error_page(rf.get("/"), 410, "<b>gone</b>")
    assert answer.status_code == 410
    assert b"&lt;b&gt;gone&lt;/b&gt;" in answer.content


def test_the_page_for_our_own_failures_needs_nothing_that_may_have_failed(
    rf: RequestFactory,
) -> None:
    answer = views.server_error(rf.get("/"))
    assert answer.status_code == 500
    assert "text-size" not in answer.content.decode()


def test_pages_carry_no_inline_script_and_no_inline_style(client: Client) -> None:
    page = client.get(PAGE).content.decode()
    assert not re.search(r"<script(?![^>]* src=)", page)
    assert not re.search(r"<style|\sstyle=|\son\w+=", page)


def test_the_styleguide_returns_a_form_with_its_errors(client: Client) -> None:
    answer = client.post(PAGE, {})
    assert answer.status_code == 422
    page = answer.content.decode()
    for described in re.findall(r'aria-describedby="([^"]+)"', page):
        for name in described.split():
            assert f'id="{name}"' in page
