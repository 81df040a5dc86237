"""The desk in Chromium, against the real product: a bad review arrives and is put right."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Page, expect

from tests.support.browser import DESKTOP, PHONE
from tests.support.product import Product

pytestmark = pytest.mark.browser
NewPage = Callable[..., Page]


def _sign_in(page: Page, product: Product, username: str, path: str = "/desk/") -> None:
    """Come by a deep link, sign in, and arrive where the link leads."""
    account = next(a for a in product.demo["accounts"] if a["username"] == username)
    page.goto(product.base_url + path)
    page.locator("[name=username]").fill(account["username"])
    page.locator("[name=password]").fill(account["password"])
    page.locator("main form button").click()
    page.wait_for_url(product.base_url + path)


def _rate_badly(page: Page, link: str, text: str) -> None:
    page.goto(link)
    page.locator('label[for="level-1"]').click()
    page.locator("[name=text]").fill(text)
    page.locator('main form button:not([name="large"])').last.click()
    page.wait_for_url(re.compile("/s/"))


def _spare_invitation(product: Product) -> str:
    """An open invitation that no other test of this run has taken."""
    taken: int = getattr(product, "invitations_taken_by_desk", 0)
    product.invitations_taken_by_desk = taken + 1  # type: ignore[attr-defined]
    # From the end: other tests take them from the beginning.
    return str(product.demo["invitations"][-1 - taken])


def _arrived(page: Page, text: str) -> str:
    """The address of the matter whose review says ``text``, once it is in the list."""
    row = page.locator(".inbox-row", has_text=text)
    expect(row).to_have_count(1)
    address = row.locator(".inbox-link").get_attribute("href")
    assert address
    return address


def _unit_of(page: Page, product: Product, text: str) -> str:
    """The user name stem of the unit that got the review, such as ``xihu-market``."""
    unit = page.locator(".inbox-row", has_text=text).locator(".inbox-where p").first.inner_text()
    handler = next(
        account
        for account in product.demo["accounts"]
        if account["role"] == "handler" and account["organisation"] == unit
    )
    return str(handler["username"]).removesuffix("-handler")


def _is_sound(page: Page) -> None:
    """No accessibility rule is broken and nothing is wider than the screen."""
    results = Axe().run(page)
    assert not results.violations_count, f"{page.url}: {results.generate_report()}"
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url


def _png() -> bytes:
    content = BytesIO()
    Image.new("RGB", (60, 40), "teal").save(content, "PNG")
    return content.getvalue()


def test_a_bad_review_arrives_live_and_is_put_right_by_two_people(
    fresh_product: Product, new_page: NewPage
) -> None:
    product = fresh_product
    watching = new_page(**DESKTOP)
    _sign_in(watching, product, "zhejiang-supervisor")
    watching.goto(product.base_url + "/desk/?show=open")
    unread_before = watching.locator("#unread").inner_text()
    _rate_badly(new_page(**PHONE), _spare_invitation(product), "等了两个小时也没有叫号。")

    # Nobody reloads the supervisor's page.
    address = _arrived(watching, "等了两个小时也没有叫号。")
    expect(watching.locator("#announcer")).to_contain_text(address.rsplit("/", 1)[-1])
    expect(watching).to_have_title(re.compile(r"^\(未读 \d+\) "))
    assert watching.locator("#unread").inner_text() != unread_before
    unit = _unit_of(watching, product, "等了两个小时也没有叫号。")

    handler = new_page(**PHONE)
    _sign_in(handler, product, f"{unit}-handler", address)
    _is_sound(handler)
    handler.get_by_role("button", name="拨打群众电话").click()
    handler.get_by_label("已接通").check()
    handler.get_by_label("备注").fill("群众说叫号机坏了。")
    handler.get_by_role("button", name="登记本次联系").click()
    handler.get_by_label("回访核实的情况").fill("叫号机当天故障。")
    handler.get_by_role("button", name="登记核实情况").click()

    _is_sound(handler)
    handler.get_by_label("问题根源").select_option("system")
    handler.get_by_label("问题经过").fill("叫号机没有备用方案。")
    handler.locator("[name=measure_head_1]").select_option("process")
    handler.locator("[name=measure_text_1]").fill("故障时改用人工叫号。")
    expect(handler.locator("[name=measure_text_3]")).to_be_hidden()
    handler.get_by_role("button", name="再加一项措施").click()
    expect(handler.locator("[name=measure_head_3]")).to_be_focused()
    handler.get_by_role("button", name="提交整改方案").click()

    _is_sound(handler)
    handler.get_by_role("button", name=re.compile("^勾销：商定|^勾销：与")).click()
    expect(handler.locator(".milestone.is-done")).to_have_count(1)
    handler.locator("#evidence-file").set_input_files(
        {"name": "新叫号机.png", "mimeType": "image/png", "buffer": _png()}
    )
    handler.get_by_role("button", name="添加材料").click()
    expect(handler.get_by_role("link", name="新叫号机.jpg")).to_be_visible()
    with handler.expect_download() as download:
        handler.get_by_role("link", name="新叫号机.jpg").click()
    assert download.value.suggested_filename == "新叫号机.jpg"
    handler.get_by_label("给群众的答复").fill("叫号机已更换，给您添麻烦了。")
    expect(handler.get_by_label("预计解决日期")).to_be_hidden()
    handler.get_by_label("限期解决").check()
    expect(handler.get_by_label("预计解决日期")).to_be_visible()
    handler.get_by_label("已解决").check()
    handler.get_by_role("button", name="提交审核").click()
    expect(handler.get_by_text("答复已提交")).to_be_visible()
    expect(handler.get_by_role("link", name="审核通过…")).to_have_count(0)

    approver = new_page(**DESKTOP)
    _sign_in(approver, product, f"{unit}-approver", address)
    _is_sound(approver)
    approver.get_by_role("link", name="审核通过…").click()
    _is_sound(approver)
    expect(approver.get_by_text("叫号机已更换，给您添麻烦了。")).to_be_visible()
    approver.get_by_role("button", name="审核通过并告知群众").click()
    expect(approver.get_by_text("答复已审核通过").first).to_be_visible()

    # The platform tells the citizen within seconds.
    handler.goto(product.base_url + address)
    told = handler.locator(".timeline-title", has_text="已告知群众")
    for _look in range(20):
        if told.count():
            break
        handler.wait_for_timeout(500)
        handler.reload()
    expect(told).to_have_count(1)
    _is_sound(handler)


def test_two_who_act_at_once_lose_nothing_they_wrote(
    fresh_product: Product, new_page: NewPage
) -> None:
    _rate_badly(new_page(**PHONE), _spare_invitation(fresh_product), "材料退了三次。")
    supervisor = new_page(**DESKTOP)
    _sign_in(supervisor, fresh_product, "zhejiang-supervisor")
    supervisor.goto(fresh_product.base_url + "/desk/?show=open")
    address = _arrived(supervisor, "材料退了三次。")
    unit = _unit_of(supervisor, fresh_product, "材料退了三次。")

    first = new_page(**DESKTOP)
    _sign_in(first, fresh_product, f"{unit}-handler", address)
    second = first.context.new_page()
    second.goto(fresh_product.base_url + address)
    second.get_by_text("改发短信").click()
    second.get_by_label("给群众的短信").fill("请问您下午方便吗？")
    first.get_by_role("button", name="拨打群众电话").click()
    first.get_by_label("无人接听").check()
    first.get_by_role("button", name="登记本次联系").click()

    second.get_by_role("button", name="发送短信").click()
    expect(second.get_by_text("其他人刚刚办理了本件")).to_be_visible()
    expect(second.locator(".kept textarea")).to_have_value("请问您下午方便吗？")
    _is_sound(second)


def test_the_sound_is_off_until_asked_for_and_remembered(product: Product, desktop: Page) -> None:
    _sign_in(desktop, product, "xihu-hr-handler")
    button = desktop.locator("#sound")
    expect(button).to_have_attribute("aria-pressed", "false")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    desktop.reload()
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(button).to_have_text("提示音：开")


def test_the_forms_work_without_javascript(product: Product, new_page: NewPage) -> None:
    page = new_page(**PHONE, java_script_enabled=False)
    _sign_in(page, product, "zhejiang-supervisor")
    page.goto(product.base_url + "/desk/?show=open")
    expect(page.locator(".inbox-row").first).to_be_visible()
    page.locator(".inbox-link").first.click()
    expect(page.locator("#history-title")).to_be_visible()
    page.get_by_text("俞望舒").first.click()
    page.get_by_role("button", name="退出登录").click()
    expect(page.get_by_role("heading", name="登录工作台")).to_be_visible()


def test_the_administrator_moves_the_clock_and_watches_what_happens(
    fresh_product: Product, new_page: NewPage
) -> None:
    _rate_badly(new_page(**PHONE), _spare_invitation(fresh_product), "没有人接待。")
    page = new_page(**DESKTOP)
    _sign_in(page, fresh_product, "administrator", "/desk/time/")
    _is_sound(page)
    shown = page.locator(".demo-now").inner_text()
    page.get_by_role("button", name="前往下一个提醒或时限").click()
    expect(page.locator(".demo-now")).not_to_have_text(shown)
    # The list looks again by itself.
    expect(page.locator("#happened .timeline-title").first).to_be_visible()
    page.goto(fresh_product.base_url + "/desk/administration/")
    _is_sound(page)


@pytest.mark.parametrize(
    ("device", "language", "scheme", "large"),
    [
        (PHONE, "zh-hans", "light", True),
        (PHONE, "en", "dark", False),
        (DESKTOP, "en", "light", False),
        (DESKTOP, "zh-hans", "dark", True),
    ],
)
def test_the_lists_break_no_accessibility_rule_and_fit_the_screen(
    product: Product,
    new_page: NewPage,
    device: dict[str, object],
    language: str,
    scheme: str,
    large: bool,
) -> None:
    page = new_page(**device, color_scheme=scheme)
    cookies = {"django_language": language} | ({"huiyin_large": "1"} if large else {})
    page.context.add_cookies(
        [{"name": k, "value": v, "url": product.base_url} for k, v in cookies.items()]
    )
    page.goto(product.base_url + "/desk/login/")
    _is_sound(page)
    _sign_in(page, product, "zhejiang-supervisor")
    for path in ("/desk/?show=open", "/desk/?show=closed", "/desk/?q=zzz", "/desk/password/"):
        page.goto(product.base_url + path)
        _is_sound(page)
    page.goto(product.base_url + "/desk/?show=open")
    page.locator(".inbox-link").first.click()
    # Looked at while the page was still being left, there is no document.
    page.wait_for_url("**/desk/matters/**")
    _is_sound(page)


def test_on_a_phone_every_place_of_the_header_is_in_sight(
    product: Product, new_page: NewPage
) -> None:
    for locale in ("en", "zh-CN"):
        for role, path in (("supervisor", "/cockpit/"), ("arbiter", "/desk/arbitration/")):
            page = new_page(**PHONE, locale=locale)
            _sign_in(page, product, product.account(role)["username"], path)
            assert page.locator(".site-nav li a").count() == 2
            room = page.evaluate(
                "(e => e.scrollWidth - e.clientWidth)(document.querySelector('.site-nav'))"
            )
            assert room <= 0, (locale, role)
        public = new_page(**PHONE, locale=locale)
        public.goto(product.base_url)
        assert public.evaluate(
            "[...document.querySelectorAll('.site-nav a')].every("
            "a => a.getBoundingClientRect().right <= window.innerWidth)"
        )
