"""Every component in Chromium: accessible, and no wider than a small phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.support.browser import DESKTOP, PHONE
from tests.support.product import Product

pytestmark = pytest.mark.browser
_LOOKS = [
    (PHONE, "zh-hans", "light", True),
    (PHONE, "en", "dark", True),
    (DESKTOP, "en", "light", False),
    (DESKTOP, "zh-hans", "dark", False),
]


@pytest.mark.parametrize(("device", "language", "scheme", "large"), _LOOKS)
def test_the_components_break_no_accessibility_rule_and_fit_the_screen(
    product: Product,
    new_page: Callable[..., Page],
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
    page.goto(f"{product.base_url}/styleguide/")
    for _state in ("as it opens", "with errors"):
        results = Axe().run(page)
        assert not results.violations_count, results.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        with page.expect_navigation():
            page.locator("#forms button").click()


def test_the_switches_work_without_javascript_and_keep_the_page(
    product: Product, new_page: Callable[..., Page]
) -> None:
    page = new_page(**PHONE, java_script_enabled=False)
    page.goto(f"{product.base_url}/styleguide/")
    page.get_by_role("button", name="大字版").click()
    expect(page.locator("html.large")).to_be_visible()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("button", name="Standard text")).to_be_visible()
    assert page.url.endswith("/styleguide/")


def test_only_the_tags_of_the_chosen_level_are_shown_and_the_keyboard_reaches_them(
    product: Product, new_page: Callable[..., Page]
) -> None:
    page = new_page(**PHONE, java_script_enabled=False)
    page.goto(f"{product.base_url}/styleguide/")
    page.locator("label[for=level-5]").click()
    expect(page.locator("input[name=tags_2]").first).not_to_be_visible()
    page.locator("#level-5").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.name") == "tags_5"
