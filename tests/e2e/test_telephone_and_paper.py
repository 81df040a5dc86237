"""Rating by telephone and on paper in Chromium: an agent, the simulator, two people who key."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.support.browser import DESKTOP, PHONE
from tests.support.product import Product

pytestmark = pytest.mark.browser
NewPage = Callable[..., Page]
SCREENS = [pytest.param(PHONE, id="360"), pytest.param(DESKTOP, id="1280")]
# Where pictures of the pages are left for whoever wants to look at them.
_PICTURES = os.environ.get("PICTURES")


def _sign_in(page: Page, product: Product, username: str, path: str) -> None:
    account = next(a for a in product.demo["accounts"] if a["username"] == username)
    page.goto(product.base_url + path)
    page.locator("[name=username]").fill(account["username"])
    page.locator("[name=password]").fill(account["password"])
    page.locator("main form button").click()
    page.wait_for_url(product.base_url + path)


def _is_sound(page: Page, name: str) -> None:
    """No accessibility rule is broken and nothing is wider than the screen."""
    if _PICTURES:
        width = page.viewport_size["width"] if page.viewport_size else 0
        page.screenshot(path=Path(_PICTURES) / f"{name}-{width}.png", full_page=True)
    results = Axe().run(page)
    assert not results.violations_count, f"{page.url}: {results.generate_report()}"
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url


@pytest.mark.parametrize("screen", SCREENS)
def test_an_agent_rings_and_records_what_was_said(
    fresh_product: Product, new_page: NewPage, screen: dict[str, Any]
) -> None:
    page = new_page(**screen)
    _sign_in(page, fresh_product, "hotline-agent", "/desk/telephone/")
    expect(page.get_by_text("现有 3 人待致电。")).to_be_visible()
    _is_sound(page, "telephone-start")
    page.get_by_role("button", name="领取下一个").click()
    expect(page.locator("main")).not_to_contain_text(re.compile(r"199\d{8}"))
    _is_sound(page, "telephone-taken")
    page.get_by_role("button", name="拨打电话").click()
    expect(page.get_by_text("电话已于")).to_be_visible()
    # Only what belongs to the outcome is asked for.
    expect(page.locator("#level-5")).to_be_hidden()
    page.get_by_label("稍后再拨").check()
    expect(page.get_by_label("何时再拨")).to_be_visible()
    page.get_by_label("已评价").check()
    expect(page.get_by_label("何时再拨")).to_be_hidden()
    page.locator('label[for="level-2"]').click()
    page.locator('label.tag:has(input[name="tags_2"])').first.click()
    page.get_by_label("对方说的内容").fill("跑了三趟才办好。")
    _is_sound(page, "telephone-record")
    page.get_by_role("button", name="核对…").click()
    expect(page.get_by_role("heading", name="确认登记？")).to_be_visible()
    expect(page.get_by_text("跑了三趟才办好。")).to_be_visible()
    _is_sound(page, "telephone-confirm")
    page.locator('button[name="change"]').click()
    expect(page.get_by_label("对方说的内容")).to_have_value("跑了三趟才办好。")
    page.get_by_role("button", name="核对…").click()
    page.get_by_role("button", name="确认登记").click()
    expect(page.get_by_text("已登记，不能再更改。")).to_be_visible()
    expect(page.get_by_text("现有 2 人待致电。")).to_be_visible()
    _is_sound(page, "telephone-done")


@pytest.mark.parametrize("screen", SCREENS)
def test_a_tester_plays_the_caller_with_the_keyboard(
    product: Product, new_page: NewPage, screen: dict[str, Any]
) -> None:
    page = new_page(**screen)
    page.goto(product.base_url + "/telephone/simulator/")
    _is_sound(page, "simulator-start")
    page.get_by_role("button", name="接听电话").click()
    expect(page.locator("#last-said")).to_contain_text("按5表示非常满意")
    page.keyboard.press("2")
    expect(page.locator("#last-said")).to_contain_text("您选择的是2，不满意")
    # Whoever cannot see hears it, and the focus is where it was.
    expect(page.get_by_role("status")).to_contain_text("确认请按1")
    expect(page.locator('[data-key="2"]')).to_be_focused()
    page.get_by_role("button", name="按键 1", exact=True).click()
    expect(page.locator("#last-said")).to_contain_text("哪些方面不满意")
    _is_sound(page, "simulator-reasons")
    page.keyboard.press("0")
    expect(page.locator("#last-said")).to_contain_text("您的评价已记录")
    expect(page.get_by_text("（试用）将会保存")).to_be_visible()
    expect(page.get_by_role("button", name="接听电话")).to_be_visible()
    _is_sound(page, "simulator-end")


@pytest.mark.parametrize("screen", SCREENS)
def test_two_people_key_a_batch_without_the_mouse(
    fresh_product: Product, new_page: NewPage, screen: dict[str, Any]
) -> None:
    product = fresh_product
    first = new_page(**screen)
    _sign_in(first, product, "xihu-market-handler", "/desk/paper/")
    expect(first.get_by_text("还没有批次")).to_be_visible()
    _is_sound(first, "paper-empty")
    first.get_by_role("link", name="新建批次").click()
    first.get_by_label("评价哪个单位").select_option(index=1)
    first.get_by_label("张数").fill("2")
    _is_sound(first, "paper-new")
    first.get_by_role("button", name="新建并开始录入").click()
    number = first.get_by_label("表上印的编号")
    expect(number).to_be_focused()
    first.keyboard.type("P-001")
    first.keyboard.press("Enter")
    first.keyboard.press("5")
    expect(first.locator("#level-5")).to_be_checked()
    first.keyboard.press("Control+Enter")
    expect(first.get_by_text("P-001 号表已录入。")).to_be_visible()
    expect(number).to_be_focused()
    first.keyboard.type("P-002")
    first.keyboard.press("Enter")
    first.keyboard.press("1")
    first.get_by_label("群众写的内容").fill("窗口没有人。")
    _is_sound(first, "paper-key")
    first.keyboard.press("Control+Enter")
    first.wait_for_url(re.compile(r"/desk/paper/\w+/$"))
    first.get_by_role("button", name="完成录入并抽样").click()
    expect(first.get_by_text("须由录入者以外的人复录抽样。")).to_be_visible()
    _is_sound(first, "paper-batch")
    address = first.url.removeprefix(product.base_url)

    second = new_page(**screen)
    _sign_in(second, product, "xihu-market-approver", address)
    second.get_by_role("link", name="复录抽样").click()
    _is_sound(second, "paper-check")
    bad = "P-002" in second.get_by_role("heading", level=1).inner_text()
    second.locator(f'label[for="level-{1 if bad else 5}"]').click()
    if bad:
        second.get_by_label("群众写的内容").fill("窗口没有人。")
    second.get_by_role("button", name="保存，录下一张").click()
    second.get_by_role("link", name="放行…").click()
    _is_sound(second, "paper-release")
    second.get_by_role("button", name="确认放行").click()
    expect(second.get_by_text("评价 2 份")).to_be_visible()
    _is_sound(second, "paper-released")


@pytest.mark.parametrize("screen", SCREENS)
def test_a_supervisor_fetches_the_list_and_hands_results_in(
    fresh_product: Product, new_page: NewPage, screen: dict[str, Any]
) -> None:
    page = new_page(**screen, color_scheme="dark")
    _sign_in(page, fresh_product, "hotline-supervisor", "/desk/telephone/lists")
    with page.expect_download() as download:
        page.get_by_role("button", name="下载 csv").click()
    [_header, *rows] = download.value.path().read_text("utf-8-sig").splitlines()
    assert len(rows) == 3
    code = rows[0].split(",")[0]
    # Nobody had the platform connect that call.
    results = f"call,outcome,level,tags,text\n{code},rated,5,,\n".encode()
    page.locator("[name=file]").set_input_files(
        {"name": "results.csv", "mimeType": "text/csv", "buffer": results}
    )
    page.get_by_role("button", name="读取文件").click()
    expect(page.get_by_text("只能登记通话中说的内容。请先拨打电话。")).to_be_visible()
    _is_sound(page, "lists")
