"""The citizen's pages in a real browser, against the running product."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Page, expect

from tests.support.browser import DESKTOP, PHONE
from tests.support.product import Product

pytestmark = pytest.mark.browser
_TEXT = "排了三个小时的队，窗口提前关了。"


@pytest.fixture(scope="module")
def _links(product: Product) -> list[str]:
    """Invitations that no other test answers."""
    made = product.run(
        "shell", "-v0", "-c",
        "from huiyin.conf.demo_events import serve; print(*serve(24))",
    )  # fmt: skip
    return made.split()


@pytest.fixture
def link(_links: list[str]) -> str:
    """An open invitation."""
    return _links.pop()


def _photo(side: int = 1600) -> bytes:
    written = io.BytesIO()
    Image.effect_noise((side, side), 40).convert("RGB").save(written, "JPEG", quality=80)
    return written.getvalue()


def _choose(page: Page, level: int, *tags: str) -> None:
    page.locator(f"label[for=level-{level}]").click()
    for tag in tags:
        page.locator(f"label:has(#tag-{tag})").click()


def _send(page: Page) -> None:
    page.locator("button.send").click()


def _is_fine(page: Page) -> None:
    results = Axe().run(page)
    assert not results.violations_count, results.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url


def test_a_dissatisfied_citizen_rates_on_a_phone_and_can_follow_what_happens(
    phone: Page, link: str
) -> None:
    phone.goto(link)
    _choose(phone, 1, "115")
    phone.fill("#text", _TEXT)
    expect(phone.locator("output.counter")).to_have_text(f"{len(_TEXT)} / 2000")
    phone.set_input_files(
        "#photos", [{"name": "窗口.jpg", "mimeType": "image/jpeg", "buffer": _photo()}]
    )
    phone.get_by_label("不对公众显示我的姓名").check()
    _is_fine(phone)
    _send(phone)

    phone.wait_for_url(re.compile(r"/s/[0-9A-Z]{16}$"))
    receipt = phone.locator(".receipt")
    expect(receipt).to_contain_text("您的评价已记录")
    expect(receipt).to_contain_text(_TEXT)
    expect(receipt).to_contain_text("对公众隐去")
    expect(receipt.locator(".own-photos img")).to_have_count(1)
    assert receipt.locator(".own-photos img").evaluate(
        "image => image.decode().then(() => image.naturalWidth)"
    )
    expect(phone.locator(".where")).to_contain_text("24:00 前联系您")
    _is_fine(phone)

    phone.reload()
    expect(phone.get_by_role("heading", name="您的评价进展")).to_be_visible()
    phone.get_by_text("我的回执：当时的评价").click()
    expect(receipt).to_contain_text(_TEXT)


def test_photographs_are_added_one_by_one_and_can_be_taken_away(phone: Page, link: str) -> None:
    phone.goto(link)
    for name in ("1.jpg", "2.jpg"):
        file = {"name": name, "mimeType": "image/jpeg", "buffer": _photo(200)}
        phone.set_input_files("#photos", [file])
    expect(phone.locator("#previews li")).to_have_count(2)
    phone.get_by_role("button", name="删除 1.jpg").click()
    expect(phone.locator("#previews li")).to_have_count(1)
    assert phone.evaluate("[...document.getElementById('photos').files].map(f => f.name)") == [
        "2.jpg"
    ]


def test_everything_works_without_a_script(new_page: Callable[..., Page], link: str) -> None:
    page = new_page(**PHONE, java_script_enabled=False)
    page.goto(link)
    _choose(page, 5, "517")
    expect(page.locator("input[name=tags_1]").first).not_to_be_visible()
    _choose(page, 2)  # the tick under level 5 stays behind
    _send(page)
    expect(page.locator(".error-summary")).to_contain_text("请选择哪里不好")
    expect(page.locator(".error-summary")).to_be_focused()
    page.locator(".error-summary a").click()
    expect(page.locator("#tag-207")).to_be_focused()
    _choose(page, 2, "214")
    page.fill("#text", _TEXT)
    _send(page)
    expect(page.locator(".receipt")).to_contain_text("服务态度生硬")
    expect(page.locator(".receipt")).not_to_contain_text("服务热情效率高")
    expect(page.locator(".timeline")).to_contain_text("您的评价已送达")


def test_the_keyboard_is_enough(desktop: Page, link: str) -> None:
    page = desktop
    page.goto(link)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="跳到正文")).to_be_focused()
    page.keyboard.press("Enter")
    _tab_to(page, "#level-5")
    page.keyboard.press("ArrowDown")  # moves and chooses, as radio buttons do
    page.keyboard.press("ArrowDown")
    expect(page.locator("#level-3")).to_be_checked()
    _tab_to(page, "#tag-309")
    page.keyboard.press("Space")
    expect(page.locator("#tag-309")).to_be_checked()
    _tab_to(page, "#text")
    page.keyboard.type("还可以。")
    _tab_to(page, "#hide_name_from_unit")
    page.keyboard.press("Space")
    _tab_to(page, "button.send")
    page.keyboard.press("Enter")
    expect(page.locator(".receipt")).to_contain_text("在承诺的时间内办结")
    expect(page.locator(".receipt")).to_contain_text("对办事单位隐去")


def _tab_to(page: Page, selector: str) -> None:
    for _press in range(20):
        if page.locator(selector).evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"The keyboard does not reach {selector}.")


@pytest.mark.parametrize("script", [True, False])
def test_a_double_click_is_one_review(
    new_page: Callable[..., Page], link: str, script: bool
) -> None:
    page = new_page(**PHONE, java_script_enabled=script)
    page.goto(link)
    _choose(page, 4)
    page.locator("button.send").dblclick()
    page.wait_for_url("**/s/*")
    expect(page.locator(".receipt")).to_contain_text("您的评价已记录")


def test_the_form_sent_again_after_going_back_leads_to_the_same_receipt(
    phone: Page, link: str
) -> None:
    phone.goto(link)
    _choose(phone, 4)
    body = phone.evaluate("new URLSearchParams(new FormData(document.forms[2])).toString()")
    assert "key=" in body
    _send(phone)
    phone.wait_for_url("**/s/*")
    again = phone.request.post(
        link, data=body, headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    assert again.url == phone.url


def test_two_tabs_with_one_link_are_one_review_and_a_kind_word(phone: Page, link: str) -> None:
    other = phone.context.new_page()
    for tab in (phone, other):
        tab.goto(link)
        _choose(tab, 1, "115")
    _send(phone)
    phone.wait_for_url("**/s/*")
    _send(other)
    expect(other.get_by_role("heading")).to_have_text("感谢您，这次服务已经评价过了")
    expect(other.locator("main")).not_to_contain_text("非常不满意")
    _is_fine(other)
    other.get_by_role("link", name="输入回执码").click()
    other.fill("#code", phone.url.rsplit("/", 1)[1].lower())
    other.get_by_role("button", name="查询").click()
    expect(other.locator(".timeline")).to_contain_text("您的评价已送达")


def test_a_bad_rating_without_a_reason_is_held_back_before_it_is_sent(
    phone: Page, link: str
) -> None:
    phone.goto(link)
    file = {"name": "1.jpg", "mimeType": "image/jpeg", "buffer": _photo(200)}
    phone.set_input_files("#photos", [file])
    _choose(phone, 2)
    _send(phone)
    expect(phone.locator("#missing-detail")).to_be_focused()
    expect(phone.locator("#previews li")).to_have_count(1)  # nothing was lost
    phone.fill("#text", _TEXT)
    expect(phone.locator("#missing-detail")).to_be_hidden()
    _send(phone)
    expect(phone.locator(".own-photos img")).to_have_count(1)


def test_switching_language_and_text_size_keeps_what_was_typed(phone: Page, link: str) -> None:
    phone.goto(link)
    _choose(phone, 2, "213")
    phone.fill("#text", _TEXT)
    phone.get_by_role("button", name="大字版").click()
    expect(phone.locator("html.large")).to_be_visible()
    expect(phone.locator("#text")).to_have_value(_TEXT)
    phone.get_by_role("button", name="English").click()
    expect(phone.get_by_role("heading", name="How was this service?")).to_be_visible()
    expect(phone.locator("#text")).to_have_value(_TEXT)
    expect(phone.locator("#level-2")).to_be_checked()
    expect(phone.locator("#tag-213")).to_be_checked()


_CALL = """
from huiyin.directory.models import Role
from huiyin.directory.queries import staff_with
from huiyin.matters import services
from huiyin.web.citizen.queries import matter_by_code
matter = matter_by_code("{code}")
services.record_contact(
    matter=matter, staff=staff_with(Role.HANDLER, matter.organisation).first(),
    seen_version=matter.version, means="call", outcome="busy", relay_reference="test",
)
"""


def test_news_appear_by_themselves_and_are_announced(
    product: Product, phone: Page, link: str
) -> None:
    phone.clock.install()
    phone.goto(link)
    _choose(phone, 1, "115")
    _send(phone)
    phone.wait_for_url("**/s/*")
    expect(phone.locator("#news")).to_have_text("")
    product.run("shell", "-v0", "-c", _CALL.format(code=phone.url.rsplit("/", 1)[1]))
    with phone.expect_response(re.compile("/progress")):
        phone.clock.fast_forward(21_000)
    expect(phone.locator(".timeline")).to_contain_text("线路占线")
    expect(phone.locator("#news")).to_contain_text("新进展")
    expect(phone.locator(".receipt")).to_be_visible()  # the rest of the page stays


_LOOKS = [
    (PHONE, "zh-hans", "light", True),
    (PHONE, "en", "dark", True),
    (PHONE, "en", "light", False),
    (DESKTOP, "zh-hans", "dark", False),
]


@pytest.mark.parametrize(("device", "language", "scheme", "large"), _LOOKS)
def test_every_page_is_accessible_and_fits_the_screen(
    product: Product,
    new_page: Callable[..., Page],
    link: str,
    device: dict[str, Any],
    language: str,
    scheme: str,
    large: bool,
) -> None:
    page = new_page(**device, color_scheme=scheme)
    cookies = {"django_language": language} | ({"huiyin_large": "1"} if large else {})
    page.context.add_cookies(
        [{"name": k, "value": v, "url": product.base_url} for k, v in cookies.items()]
    )
    page.goto(link)
    _is_fine(page)
    _choose(page, 1, "115")
    page.fill("#text", "长" * 2001)
    _is_fine(page)
    _send(page)
    expect(page.locator(".error-summary")).to_be_visible()
    _is_fine(page)
    page.fill("#text", _TEXT)
    _send(page)
    page.wait_for_url("**/s/*")
    _is_fine(page)
    page.reload()
    for fold in page.locator("details").all():
        fold.locator("summary").click()
    _is_fine(page)
    for address in (link, f"{product.base_url}/r/x", f"{product.base_url}/s/?code=x"):
        page.goto(address)
        _is_fine(page)


def test_a_citizen_writes_to_the_unit_and_ends_the_contact(phone: Page, link: str) -> None:
    phone.goto(link)
    _choose(phone, 1, "115")
    phone.fill("#text", _TEXT)
    _send(phone)
    _is_fine(phone)
    phone.get_by_role("link", name="给单位留言").click()
    expect(phone.locator("output.counter")).to_have_text(re.compile("/ 1000"))
    phone.fill("#message", "请在上午打电话。")
    _is_fine(phone)
    phone.get_by_role("button", name="发送").click()
    expect(phone.get_by_text("请在上午打电话。")).to_be_visible()
    phone.get_by_role("link", name="请不要再联系我").click()
    _is_fine(phone)
    phone.get_by_role("button", name="不再联系我").click()
    expect(phone.get_by_text("您要求不再被联系")).to_be_visible()
    expect(phone.get_by_role("link", name="请不要再联系我")).to_have_count(0)
    _is_fine(phone)
