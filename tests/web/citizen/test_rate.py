"""``/r/{token}``: filling in and sending the rating form."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django.fixtures import DjangoAssertNumQueries

from huiyin.kernel import clock
from huiyin.matters.models import Matter
from huiyin.matters.table import State
from huiyin.reviews import services as reviews
from huiyin.reviews.models import Channel, Review
from tests import factories
from tests.support.epochs import seal
from tests.web.citizen.conftest import picture

pytestmark = pytest.mark.django_db


def _open(browser: Client, token: str) -> str:
    """The hidden key of the form behind ``token``."""
    page = browser.get(f"/r/{token}").content.decode()
    found = re.search(r'name="key" value="([^"]+)"', page)
    assert found
    return found[1]


def _send(browser: Client, token: str, **said: Any) -> HttpResponse:
    return browser.post(f"/r/{token}", {"level": "5", **said})


def test_the_page_says_which_service_when_and_where_and_nothing_personal(browser: Client) -> None:
    event = factories.event()
    page = browser.get(f"/r/{factories.token(event)}")
    text = unescape(page.content.decode())
    assert page.status_code == 200
    assert event.case.item_name in text
    assert "测试大厅 · 12号窗口" in text
    for personal in (factories.NAME, factories.MOBILE, factories.IDENTITY, event.case.project_no):
        assert personal not in text


def test_the_form_costs_a_fixed_number_of_queries(
    browser: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    token = factories.token()
    with django_assert_num_queries(4):  # the demo's clock, the event, whether it was used, the tags
        browser.get(f"/r/{token}")


def test_all_five_levels_have_their_tags_in_the_page_without_a_script(browser: Client) -> None:
    page = browser.get(f"/r/{factories.token()}").content.decode()
    for level in range(1, 6):
        assert page.count(f'name="tags_{level}"') == 8


def test_english_is_spoken_on_request(browser: Client) -> None:
    page = browser.get(f"/r/{factories.token()}", headers={"accept-language": "en"})
    assert "How was this service?" in page.content.decode()
    assert "Friendly and efficient" in page.content.decode()


def test_sending_leads_to_the_status_page_with_the_receipt_shown_once(browser: Client) -> None:
    sent = _send(browser, factories.token(), level="1", tags_1=["115"], text="等了三个小时。")
    assert sent.status_code == 302
    first = browser.get(sent["Location"]).content.decode()
    again = browser.get(sent["Location"]).content.decode()
    assert "您的评价已记录" in first
    assert "您的评价已记录" not in again
    assert "等了三个小时。" in first
    code = sent["Location"].removeprefix("/s/")
    assert "-".join(code[n : n + 4] for n in range(0, 16, 4)) in first


def test_what_was_said_is_what_is_stored(browser: Client) -> None:
    _send(
        browser,
        factories.token(),
        level="2",
        tags_2=["213", "214"],
        text="  窗口没有人。  ",
        hide_name_from_unit="on",
        photos=[picture(), picture("2.jpg")],
    )
    review = Review.objects.get()
    assert (review.level, review.tags, review.channel) == (2, ["213", "214"], Channel.WEB)
    assert review.content.text == "窗口没有人。"
    assert (review.hide_name_from_public, review.hide_name_from_unit) == (False, True)
    assert review.photos.count() == 2


def test_ticks_under_a_level_that_was_left_are_forgotten(browser: Client) -> None:
    sent = _send(browser, factories.token(), level="4", tags_4=["413"], tags_1=["115", "108"])
    assert sent.status_code == 302
    assert Review.objects.get().tags == ["413"]


def test_a_tag_of_another_level_is_refused(browser: Client) -> None:
    sent = _send(browser, factories.token(), level="4", tags_4=["115"])
    assert sent.status_code == 422
    assert not Review.objects.exists()


def test_a_form_sent_twice_is_one_review_with_one_receipt(browser: Client) -> None:
    token = factories.token()
    key = _open(browser, token)
    said = {"key": key, "level": "1", "tags_1": ["115"]}
    first, second = _send(browser, token, **said), _send(browser, token, **said)
    assert first["Location"] == second["Location"]
    assert Review.objects.count() == 1
    assert Matter.objects.count() == 1


def test_a_second_tab_is_told_kindly_and_learns_no_level(browser: Client) -> None:
    token = factories.token()
    one, other = _open(browser, token), _open(browser, token)
    _send(browser, token, key=one, level="1", tags_1=["115"])
    late = _send(browser, token, key=other)
    seal()
    again = browser.get(f"/r/{token}")
    for page in (late, again):
        assert page.status_code == 409
        text = page.content.decode()
        assert "已经评价过了" in text
        assert 'href="/s/"' in text
        assert "满意" not in text
        assert "i-face" not in re.sub(r"<symbol.*?</symbol>", "", text, flags=re.DOTALL)


def test_an_altered_link_and_an_expired_one_say_what_to_do(browser: Client) -> None:
    token = factories.token()
    altered = browser.get(f"/r/{token[:-1]}{'A' if token[-1] != 'A' else 'B'}")
    assert altered.status_code == 403
    assert "链接不完整" in altered.content.decode()
    with clock.frozen(clock.now() + timedelta(days=31)):
        expired = browser.get(f"/r/{token}")
        sent_late = _send(browser, token)
    assert (expired.status_code, sent_late.status_code) == (410, 410)
    assert "评价时间已过" in expired.content.decode()


@pytest.mark.parametrize(
    "sent", [{"level": ""}, {"level": "6"}, {"level": "１"}, {"level": "5; --"}]
)
def test_without_a_level_nothing_is_sent_and_nothing_typed_is_lost(
    browser: Client, sent: dict[str, str]
) -> None:
    token = factories.token()
    page = _send(
        browser, token, **sent, text="写了很久<b>", hide_name_from_public="on", tags_2=["214"]
    )
    text = page.content.decode()
    assert page.status_code == 422
    assert 'href="#level-5"' in text
    assert "写了很久&lt;b&gt;</textarea>" in text
    assert 'name="hide_name_from_public" checked' in text
    assert re.search(r'value="214"[^>]* checked', text)
    assert not Review.objects.exists()


def test_a_bad_rating_without_a_reason_is_sent_back_with_the_way_to_its_tags(
    browser: Client,
) -> None:
    page = _send(browser, factories.token(), level="2").content.decode()
    assert 'href="#tag-207"' in page
    assert re.search(r'id="level-2"[^>]* checked', page)
    assert "autofocus" in page


def test_a_text_too_long_is_kept_whole(browser: Client) -> None:
    words = "长" * 2001
    page = _send(browser, factories.token(), text=words)
    assert page.status_code == 422
    assert words in page.content.decode()
    assert 'href="#text"' in page.content.decode()


def test_a_file_that_is_no_picture_is_named_and_the_others_have_to_be_chosen_again(
    browser: Client,
) -> None:
    fake = picture("假.jpg")
    fake.file.seek(0)
    fake.file.write(b"<script>")
    fake.file.seek(0)
    page = _send(browser, factories.token(), photos=[picture("真.jpg"), fake])
    text = unescape(page.content.decode())
    assert page.status_code == 422
    assert "假.jpg" in text
    assert "真.jpg" not in text
    assert "照片需要重新选择" in text


@pytest.mark.parametrize(("photos", "status"), [(5, 302), (6, 422), (11, 400)])
def test_five_photographs_are_the_most(browser: Client, photos: int, status: int) -> None:
    page = _send(browser, factories.token(), photos=[picture() for _ in range(photos)])
    assert page.status_code == status
    assert Review.objects.exists() == (status == 302)


def test_the_follow_up_uses_the_same_form_and_shows_the_reply(browser: Client) -> None:
    loop = factories.loop(State.TOLD)
    token = reviews.follow_up_token(loop.again())
    assert token
    page = browser.get(f"/r/{token}").content.decode()
    assert "问题解决了吗？" in page
    assert "高峰时段已增开窗口" in page
    sent = _send(browser, token, level="4")
    assert sent.status_code == 302
    assert loop.again().state == State.CLOSED
    assert "您的评价已记录" in browser.get(sent["Location"]).content.decode()


def test_a_follow_up_that_is_not_open_says_so(browser: Client) -> None:
    loop = factories.loop(State.TOLD)
    token = reviews.follow_up_token(loop.again())
    browser.post(f"/s/{loop.receipt.code}/decline")
    assert browser.get(f"/r/{token}").status_code == 409


def test_the_page_is_private_unlisted_and_keeps_its_address_to_itself(browser: Client) -> None:
    page = browser.get(f"/r/{factories.token()}")
    assert page["Cache-Control"] == "private, no-store"
    assert page["Referrer-Policy"] == "same-origin"
    assert '<meta name="robots" content="noindex, nofollow">' in page.content.decode()
    assert "style=" not in page.content.decode()
