"""The cockpit in Chromium: nothing overflows, axe finds nothing, charts stand by their tables."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.support.browser import DESKTOP, PHONE
from tests.support.product import Product

pytestmark = [pytest.mark.browser, pytest.mark.slow]

_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
_PAGES = (
    "/cockpit/",
    "/cockpit/late/",
    "/cockpit/soon/",
    "/cockpit/decisions/",
    "/cockpit/orders/",
    "/cockpit/sources/",
    "/cockpit/sources/?by=tag",
    "/cockpit/sources/?by=time",
    "/cockpit/faults/",
    "/cockpit/delays/",
)


def _sign_in(page: Page, product: Product) -> None:
    account = product.account("supervisor")
    page.goto(f"{product.base_url}/cockpit/")
    page.locator("[name=username]").fill(account["username"])
    page.locator("[name=password]").fill(account["password"])
    page.locator("main form button").click()
    page.wait_for_url(f"{product.base_url}/cockpit/")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("device", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_page_is_accessible_and_fits(
    product: Product,
    new_page: Callable[..., Page],
    device: dict[str, object],
    scheme: str,
    language: str,
) -> None:
    page = new_page(**device, locale=language, color_scheme=scheme)
    _sign_in(page, product)
    for address in _PAGES:
        page.goto(f"{product.base_url}{address}")
        assert page.evaluate(_TOO_WIDE) <= 0, address
        found = Axe().run(page, options={"runOnly": _RULES})
        assert not found.violations_count, f"{address}: {found.generate_report()}"


def test_a_chart_is_drawn_from_the_table_that_stays_beside_it(
    product: Product, new_page: Callable[..., Page]
) -> None:
    page = new_page(**DESKTOP)
    _sign_in(page, product)
    page.goto(f"{product.base_url}/cockpit/sources/?by=tag")
    # The demo's first bad reviews are folded a moment after it has started.
    expect(page.locator("#sources tbody tr")).not_to_have_count(0)
    expect(page.locator("figure canvas")).to_have_count(1)
    expect(page.locator(".chart-key li")).to_have_count(2)


def test_without_scripts_the_table_says_it_all(
    product: Product, new_page: Callable[..., Page]
) -> None:
    page = new_page(**DESKTOP, java_script_enabled=False)
    _sign_in(page, product)
    page.goto(f"{product.base_url}/cockpit/sources/")
    expect(page.locator("#sources")).to_be_visible()
    expect(page.locator("figure")).to_be_hidden()


def test_the_keyboard_reaches_a_list_and_a_matter(
    product: Product, new_page: Callable[..., Page]
) -> None:
    page = new_page(**DESKTOP)
    _sign_in(page, product)
    page.locator(".tile a").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"{product.base_url}/cockpit/late/")
    page.locator(".cockpit-nav a").nth(5).focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"{product.base_url}/cockpit/sources/")
