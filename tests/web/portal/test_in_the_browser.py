"""The public pages in Chromium: nothing overflows, and axe finds nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.support.browser import DESKTOP, PHONE
from tests.support.product import Product

pytestmark = [pytest.mark.browser, pytest.mark.slow]

_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def addresses(product: Product, page: Page) -> list[str]:
    """The pages to look at; those of the places are found on the first one."""
    page.goto(f"{product.base_url}/")
    places = page.eval_on_selector_all(
        "main a[href^='/regions/'], main a[href^='/organisations/']",
        "links => links.map(link => link.pathname)",
    )
    return [
        *("/", "/reviews/", "/about/", "/privacy/", "/breakdown/"),
        *[place for place in places if place.startswith("/regions/")][:1],
        *[place for place in places if place.startswith("/organisations/")][:1],
    ]


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
    for address in addresses(product, page):
        page.goto(f"{product.base_url}{address}")
        assert page.evaluate(_TOO_WIDE) <= 0, address
        found = Axe().run(page, options={"runOnly": _RULES})
        assert not found.violations_count, f"{address}: {found.generate_report()}"
