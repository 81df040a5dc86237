"""QR codes at counters in a real browser: made and printed at the desk, scanned on a phone."""

from __future__ import annotations

import io
import os
import re
from pathlib import Path

import pytest
import zxingcpp
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Page, expect

from tests.support.product import Product

pytestmark = pytest.mark.browser
# Where to leave pictures for people to look at.
PICTURES = os.environ.get("QR_PICTURES", "")
_MADE = (
    "from huiyin.directory.models import *; from huiyin.reviews import services;"
    "from huiyin.intake.channels.qr import sheets;"
    "u = Organisation.objects.get(name='西湖区市场监督管理局');"
    "c = list(Counter.objects.filter(organisation__name='西湖区政务服务中心').order_by('number'));"
    "i = ServiceItem.objects.get(organisation=u, name='公司设立登记');"
    "p = [services.add_place(kind='qr', organisation=u, label=str(x), counter=x, item=j)"
    " for x, j in zip(c[:2], (i, None))];"
    "print(sheets.path_of(p[0]), p[0].pk, p[1].pk)"
)


@pytest.fixture(scope="module")
def made(product: Product) -> list[str]:
    """The path of a sheet, and the keys of two places."""
    return product.run("shell", "-v0", "-c", _MADE).split()


def _is_fine(page: Page) -> None:
    results = Axe().run(page)
    assert not results.violations_count, results.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url


def _picture(page: Page, name: str) -> bytes:
    taken = page.screenshot(full_page=True)
    if PICTURES:
        Path(PICTURES, f"{name}.png").write_bytes(taken)
    return taken


def _sign_in(page: Page, product: Product) -> None:
    """The administrator of the whole jurisdiction arrives at the list."""
    account = product.account("administrator")
    page.goto(f"{product.base_url}/desk/places/")
    page.locator("[name=username]").fill(account["username"])
    page.locator("[name=password]").fill(account["password"])
    page.locator("main form button").click()
    page.wait_for_url(f"{product.base_url}/desk/places/")


def test_somebody_scans_rates_and_is_told_the_second_time(
    phone: Page, product: Product, made: list[str]
) -> None:
    phone.goto(product.base_url + made[0])
    spot = phone.locator(".spot")
    for words in ("西湖区政务服务中心", "A01", "公司设立登记", "西湖区市场监督管理局"):
        expect(spot).to_contain_text(words)
    _picture(phone, "phone-form")
    phone.get_by_text("填写办件编号").click()
    phone.fill("#case_number", "NOSUCHCASE")
    phone.fill("#case_digits", "0000")
    phone.locator("label[for=level-2]").click()
    phone.locator("label:has(#tag-207)").click()
    _is_fine(phone)
    phone.locator("button.send").click()
    expect(phone.locator(".error-summary")).to_contain_text("没有找到")
    expect(phone.locator("#case_number")).to_have_value("NOSUCHCASE")
    _picture(phone, "phone-wrong-case")
    _is_fine(phone)
    phone.fill("#case_number", "")
    phone.locator("button.send").click()
    phone.wait_for_url(re.compile(r"/s/[0-9A-Z]{16}$"))
    expect(phone.locator(".receipt")).to_contain_text("您的评价已记录")
    expect(phone.locator(".where")).to_contain_text("您没有留手机号")
    _picture(phone, "phone-receipt")
    phone.goto(product.base_url + made[0])
    expect(phone.get_by_role("heading", name="您刚刚在这里评价过")).to_be_visible()
    _picture(phone, "phone-again")
    _is_fine(phone)


def test_who_is_elsewhere_finds_the_right_counter(
    phone: Page, product: Product, made: list[str]
) -> None:
    phone.goto(product.base_url + made[0])
    phone.get_by_role("link", name="我不在这里").click()
    _picture(phone, "phone-not-here")
    _is_fine(phone)
    phone.get_by_role("button", name="A02").first.click()
    expect(phone.locator(".spot")).to_contain_text("A02")


def test_an_administrator_makes_codes_and_prints_them(
    desktop: Page, product: Product, made: list[str]
) -> None:
    _sign_in(desktop, product)
    expect(desktop.get_by_role("heading", name="窗口二维码")).to_be_visible()
    _picture(desktop, "desk-list")
    _is_fine(desktop)
    desktop.get_by_role("link", name="新建二维码").click()
    _picture(desktop, "desk-new")
    _is_fine(desktop)
    for size, pages in (("a4", 2), ("a6", 1), ("sticker", 1)):
        keys = "&".join(f"place={key}" for key in made[1:])
        desktop.goto(f"{product.base_url}/desk/places/sheets?{keys}&size={size}")
        _is_fine(desktop)
        # What a phone's camera reads from the page is the address of the sheet.
        shown = Image.open(io.BytesIO(_picture(desktop, f"sheets-{size}")))
        read = {found.text for found in zxingcpp.read_barcodes(shown)}
        assert product.base_url + made[0] in read
        assert len(read) == 2
        printed = desktop.pdf(prefer_css_page_size=True, print_background=True)
        if PICTURES:
            Path(PICTURES, f"sheets-{size}.pdf").write_bytes(printed)
        assert _pages_of(printed) == pages


def _pages_of(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


def test_a_phone_shows_the_list_too(phone: Page, product: Product, made: list[str]) -> None:
    _sign_in(phone, product)
    expect(phone.get_by_role("heading", name="窗口二维码")).to_be_visible()
    _picture(phone, "phone-list")
    _is_fine(phone)
