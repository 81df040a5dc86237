"""The proof of work in a real browser: it is done by itself, heard of, and never in the way."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from huiyin.intake.challenge import puzzle
from tests.support.browser import DESKTOP, PHONE
from tests.support.product import Product

pytestmark = pytest.mark.browser


def _zeros(message: str) -> int:
    number = int.from_bytes(hashlib.sha256(message.encode()).digest())
    return 256 - number.bit_length()


def test_the_worker_finds_what_the_server_takes(
    desktop: Page, product: Product, capsys: pytest.CaptureFixture[str]
) -> None:
    began = time.monotonic()
    desktop.goto(f"{product.base_url}/styleguide/")
    expect(desktop.locator(".challenge [role=status]")).to_have_text(
        "好了，现在可以提交。", timeout=30_000
    )
    took = time.monotonic() - began
    asked = desktop.locator("input[name=challenge]").input_value()
    numbers = desktop.locator("input[name=challenge_answer]").input_value().split(",")
    assert len(numbers) == puzzle.PARTS
    for part, number in enumerate(numbers):
        assert _zeros(f"{asked[-16:]}.{part}.{number}") >= puzzle.EASIEST
    assert desktop.locator(".challenge progress").evaluate("bar => bar.value === bar.max")
    with capsys.disabled():
        print(f"\nthe page and its proof ({puzzle.EASIEST} bits a part): {took:.1f} s")


def test_who_is_faster_than_the_calculation_need_not_press_twice(
    new_page: Callable[..., Page], product: Product
) -> None:
    page = new_page(**PHONE, locale="en")
    # So hard that it cannot be ready when the button is pressed.
    page.route(
        "**/styleguide/",
        lambda route: route.fulfill(
            response=(answer := route.fetch()),
            body=answer.text().replace('data-bits="13"', 'data-bits="16"'),
        ),
    )
    page.goto(f"{product.base_url}/styleguide/")
    page.unroute("**/styleguide/")
    page.locator("#forms button").click()
    expect(page.locator(".challenge [role=status]")).to_contain_text("it is sent by itself")
    expect(page.locator("#forms .error").first).to_be_visible(timeout=60_000)  # it has been sent


def test_without_javascript_one_is_told_to_wait(
    new_page: Callable[..., Page], product: Product
) -> None:
    page = new_page(**DESKTOP, java_script_enabled=False)
    page.goto(f"{product.base_url}/styleguide/")
    # Playwright's own matching leaves out what stands in there.
    says = page.locator(".challenge noscript").evaluate("element => element.innerText")
    assert "请等 20 秒再提交" in says
    expect(page.locator(".challenge progress")).to_be_hidden()
    hidden = page.locator(".visually-hidden:has(#homepage_url)").bounding_box()
    assert hidden
    assert hidden["width"] <= 1


def test_where_there_is_no_worker_waiting_is_said_instead(desktop: Page, product: Product) -> None:
    desktop.route("**/challenge-worker*.js", lambda route: route.abort())
    desktop.goto(f"{product.base_url}/styleguide/")
    expect(desktop.locator(".challenge [role=status]")).to_contain_text("请等 20 秒")
    desktop.locator("#forms button").click()
    expect(desktop.locator("#forms .error").first).to_be_visible()
