"""Writing to the unit, and ending the contact, on the status page."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.test import Client

from huiyin.kernel import clock
from huiyin.matters import services as matters
from huiyin.matters.table import Event
from tests import factories

pytestmark = pytest.mark.django_db


def _page(browser: Client, address: str) -> str:
    return unescape(browser.get(address).content.decode())


def _close(loop: factories.Loop) -> None:
    matter = loop.again()
    matter.closed_at = clock.now()
    matter.save()


def test_what_is_written_is_in_the_story_and_with_the_handler(browser: Client) -> None:
    loop = factories.loop()
    code = loop.receipt.code
    assert f"/s/{code}/write" in _page(browser, f"/s/{code}")
    assert loop.organisation.name in _page(browser, f"/s/{code}/write")
    answer = browser.post(f"/s/{code}/write", {"message": " 请上午打电话<b> "}, follow=True)
    page = unescape(answer.content.decode())
    assert answer.redirect_chain[-1][0] == f"/s/{code}"
    assert f"您给{loop.organisation.name}留了言" in page
    assert "请上午打电话<b>" in page
    assert "请上午打电话<b>" not in answer.content.decode()
    step = loop.matter.steps.get(event=Event.CITIZEN_WRITES)
    assert (step.data["text"], step.data["via"]) == ("请上午打电话<b>", "status_page")


@pytest.mark.parametrize("text", ["", "  ", "长" * 1001, "a\x00b"])
def test_what_cannot_be_sent_is_kept_in_the_form_and_says_why(browser: Client, text: str) -> None:
    loop = factories.loop()
    answer = browser.post(f"/s/{loop.receipt.code}/write", {"message": text})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert 'aria-invalid="true"' in page
    assert text.replace("\x00", "") == "ab" or text in page
    assert not loop.matter.steps.filter(event=Event.CITIZEN_WRITES).exists()


def test_too_much_in_a_day_is_refused_kindly(browser: Client) -> None:
    loop = factories.loop()
    for number in range(20):
        matters.citizen_writes(matter=loop.matter, text=f"{number}", via="sms")
    answer = browser.post(f"/s/{loop.receipt.code}/write", {"message": "还有"})
    assert answer.status_code == 422
    assert "请明天再写" in answer.content.decode()


def test_ending_the_contact_asks_once_more_and_is_told(browser: Client) -> None:
    loop = factories.loop()
    code = loop.receipt.code
    assert f"/s/{code}/end-contact" in _page(browser, f"/s/{code}")
    assert "不再联系" in _page(browser, f"/s/{code}/end-contact")
    assert loop.again().contact_ended_at is None
    page = unescape(browser.post(f"/s/{code}/end-contact", follow=True).content.decode())
    assert loop.again().contact_ended_at is not None
    assert "您要求不再被联系" in page
    assert f"/s/{code}/end-contact" not in page
    assert f"/s/{code}/write" in page
    assert browser.post(f"/s/{code}/end-contact").status_code == 302
    assert loop.matter.steps.filter(event=Event.END_CONTACT).count() == 1
    assert "不再联系您" in page
    assert "须在" not in page.partition("办理过程")[0]
    assert "只在进度页上答复您" in _page(browser, f"/s/{code}/write")


@pytest.mark.parametrize("what", ["write", "end-contact"])
def test_a_closed_matter_and_praise_take_neither(browser: Client, what: str) -> None:
    loop = factories.loop()
    _close(loop)
    closed = loop.receipt.code
    praised = factories.review(level=5).code
    for code in (closed, praised):
        assert not re.search(f"/s/{code}/{what}", _page(browser, f"/s/{code}"))
        for answer in (
            browser.get(f"/s/{code}/{what}"),
            browser.post(f"/s/{code}/{what}", {"message": "您好"}),
        ):
            assert (answer.status_code, answer["Location"]) == (302, f"/s/{code}")


@pytest.mark.parametrize("what", ["write", "end-contact"])
def test_nothing_opens_without_the_code(browser: Client, what: str) -> None:
    for method in (browser.get, browser.post):
        assert method(f"/s/{'0' * 16}/{what}").status_code == 404
