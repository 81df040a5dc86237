"""``/s/{code}``: what the holder of a receipt sees and may do."""

from __future__ import annotations

import io
import re
from html import unescape

import pytest
from django.test import Client
from PIL import Image
from pytest_django.fixtures import DjangoAssertNumQueries

from huiyin.kernel import ids
from huiyin.log.models import Leaf
from huiyin.log.sealing import seal_if_due
from huiyin.matters.models import FollowUp
from huiyin.matters.table import State
from huiyin.reviews import services as reviews
from tests import factories
from tests.support.clock import FrozenClock
from tests.web.citizen.conftest import picture

pytestmark = pytest.mark.django_db


def _page(browser: Client, address: str) -> str:
    return unescape(browser.get(address).content.decode())


@pytest.mark.parametrize("typed", ["{}", "{lower}", "{grouped}", " {spaced} "])
def test_a_code_opens_however_it_was_typed(browser: Client, typed: str) -> None:
    code = factories.bad_review().receipt.code
    said = typed.format(code, lower=code.lower(), grouped=ids.grouped(code), spaced=" ".join(code))
    found = browser.get("/s/", {"code": said}, follow=True)
    assert found.redirect_chain[-1][0] == f"/s/{code}"
    assert found.status_code == 200


def test_an_address_typed_by_hand_leads_to_the_one_spelling(browser: Client) -> None:
    code = factories.bad_review().receipt.code
    assert browser.get(f"/s/{ids.grouped(code).lower()}")["Location"] == f"/s/{code}"


@pytest.mark.parametrize("address", ["/s/?code=K3F9", "/s/K3F9", "/s/?code=%00%E4%B8%AD<b>"])
def test_a_mistyped_code_gets_the_form_again(browser: Client, address: str) -> None:
    page = browser.get(address)
    assert page.status_code == 404
    assert 'name="code"' in page.content.decode()
    assert "<b>" not in page.content.decode()


def test_guessing_is_slowed_down_but_a_right_code_always_opens(browser: Client) -> None:
    code = factories.bad_review().receipt.code
    answers = [browser.get(f"/s/{ids.new_code(15)}") for _ in range(30)]
    assert answers[0].status_code == 404
    assert answers[-1].status_code == 429
    assert int(answers[-1]["Retry-After"]) > 0
    assert browser.get(f"/s/{code}").status_code == 200


@pytest.mark.parametrize("path", ["", "/progress", "/again", "/decline", "/qr.png"])
def test_nothing_opens_without_the_code(browser: Client, path: str) -> None:
    code = factories.bad_review().receipt.code
    wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
    assert browser.get(f"/s/{wrong}{path}").status_code == 404


def test_the_story_names_the_unit_and_the_deadline(
    browser: Client, frozen_clock: FrozenClock
) -> None:
    loop = factories.bad_review()
    page = _page(browser, f"/s/{loop.receipt.code}")
    assert "您的评价已送达承办单位" in page
    assert "须在 2024年3月5日 24:00 前联系您" in page


def test_the_page_names_neither_the_citizen_nor_the_staff(browser: Client) -> None:
    loop = factories.loop(State.CLOSED)
    page = _page(browser, f"/s/{loop.receipt.code}")
    people = [loop.handler, loop.approver, loop.supervisor, loop.arbiter]
    for personal in (factories.NAME, factories.MOBILE, factories.IDENTITY, "李经办"):
        assert personal not in page
    assert not [one for one in people if one.display_name in page]
    assert loop.event.case.project_no not in page


@pytest.mark.parametrize("state", [State.DELIVERED, State.RECTIFYING, State.TOLD, State.CLOSED])
def test_a_bad_review_costs_the_same_queries_however_far_it_is(
    browser: Client, django_assert_num_queries: DjangoAssertNumQueries, state: State
) -> None:
    code = factories.loop(state).receipt.code
    with django_assert_num_queries(14):
        browser.get(f"/s/{code}")


def test_praise_costs_a_fixed_number_of_queries(
    browser: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    code = factories.review(tags=["510"]).code
    with django_assert_num_queries(6):
        browser.get(f"/s/{code}")


def test_praise_is_thanked_for_and_told_when_it_counts(
    browser: Client, frozen_clock: FrozenClock
) -> None:
    code = factories.review().code
    before = _page(browser, f"/s/{code}")
    assert "感谢您的评价" in before
    assert "最迟 2024年3月4日 10:00" in before
    frozen_clock.move_by(minutes=1)
    assert seal_if_due()
    number = Leaf.objects.get(entry__kind="review").epoch_id
    after = _page(browser, f"/s/{code}")
    assert f"已计入公开日志第 {number} 期" in after
    assert "hx-trigger" not in after


def test_news_are_fetched_only_when_there_are_any(browser: Client) -> None:
    loop = factories.bad_review()
    page = _page(browser, f"/s/{loop.receipt.code}")
    [address] = re.findall(r'hx-get="([^"]+)"', page)
    assert browser.get(address).status_code == 204
    factories.reach(loop)
    news = browser.get(address)
    assert news.status_code == 200
    assert "已与您通话" in news.content.decode()
    assert "<html" not in news.content.decode()
    assert 'hx-swap-oob="innerHTML"' in news.content.decode()


def test_a_closed_matter_asks_for_no_more_news(browser: Client, frozen_clock: FrozenClock) -> None:
    loop = factories.loop(State.CLOSED)
    frozen_clock.move_by(minutes=1)
    assert seal_if_due()
    assert "hx-get" not in _page(browser, f"/s/{loop.receipt.code}")


def test_the_follow_up_is_offered_when_the_reply_was_told_and_not_before(browser: Client) -> None:
    early = factories.loop(State.APPROVED)
    assert "我要追评" not in _page(browser, f"/s/{early.receipt.code}")
    assert browser.get(f"/s/{early.receipt.code}/again")["Location"] == f"/s/{early.receipt.code}"
    told = factories.loop(State.TOLD)
    assert "我要追评" in _page(browser, f"/s/{told.receipt.code}")
    onward = browser.get(f"/s/{told.receipt.code}/again")["Location"]
    assert onward == f"/r/{reviews.follow_up_token(told.again())}"


def test_both_receipts_open_the_same_page(browser: Client) -> None:
    loop = factories.loop(State.TOLD)
    token = reviews.follow_up_token(loop.again())
    sent = browser.post(f"/r/{token}", {"level": "2", "tags_2": ["214"]})
    first, second = _page(browser, f"/s/{loop.receipt.code}"), _page(browser, sent["Location"])
    assert "您已追评：仍不满意" in first
    assert "您已追评：仍不满意" in second
    assert second.count("我的追评回执") + second.count("您的评价已记录") >= 1


def test_declining_asks_once_more_and_closes_without_confirmation(browser: Client) -> None:
    loop = factories.loop(State.TOLD)
    address = f"/s/{loop.receipt.code}/decline"
    assert "确定不再追评" in _page(browser, address)
    assert loop.again().follow_up == FollowUp.ASKED
    assert browser.post(address).status_code == 302
    assert browser.post(address).status_code == 302  # a double click
    assert loop.again().follow_up == FollowUp.DECLINED
    assert loop.matter.state == State.CLOSED
    assert "未经您确认" in _page(browser, f"/s/{loop.receipt.code}")


def test_nothing_can_be_declined_for_praise(browser: Client) -> None:
    code = factories.review().code
    assert browser.post(f"/s/{code}/decline")["Location"] == f"/s/{code}"


def test_a_draft_is_not_shown_before_it_is_told(browser: Client) -> None:
    loop = factories.loop(State.REPLY_DRAFTED)
    assert "高峰时段已增开窗口" not in _page(browser, f"/s/{loop.receipt.code}")


def test_own_photographs_can_be_seen_again_and_nobody_elses(browser: Client) -> None:
    sent = browser.post(f"/r/{factories.token()}", {"level": "4", "photos": [picture()]})
    [address] = re.findall(r'src="(/s/[^"]+/photos/[^"]+)"', _page(browser, sent["Location"]))
    shown = browser.get(address)
    assert shown["Content-Type"] == "image/jpeg"
    assert Image.open(io.BytesIO(shown.content)).size == (40, 30)
    other = factories.review().code
    photo = address.rsplit("/", 1)[1]
    assert browser.get(f"/s/{other}/photos/{photo}").status_code == 404


def test_the_qr_code_can_be_kept_as_a_picture(browser: Client) -> None:
    code = factories.review().code
    picture = browser.get(f"/s/{code}/qr.png")
    assert picture["Content-Type"] == "image/png"
    assert picture.content.startswith(b"\x89PNG")
    assert "attachment" in picture["Content-Disposition"]


def test_a_text_held_back_from_the_public_says_so_to_its_writer(browser: Client) -> None:
    code = factories.review(level=1, text="请打我电话 13800001234").code
    assert "因此不公开" in _page(browser, f"/s/{code}")


def test_the_page_is_private_and_unlisted(browser: Client) -> None:
    page = browser.get(f"/s/{factories.review().code}")
    assert page["Cache-Control"] == "private, no-store"
    assert page["Referrer-Policy"] == "same-origin"
    assert '<meta name="robots" content="noindex, nofollow">' in page.content.decode()
    assert "style=" not in re.sub(r'src="data:[^"]+"', "", page.content.decode())
