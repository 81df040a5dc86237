"""“Is my rating counted?”, proven by a real browser and by the verifier, against the product."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Route, expect

from tests.support.browser import DESKTOP, PHONE
from tests.support.product import Product

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def rated(product: Product) -> dict[str, Any]:
    """A receipt that was just handed out to the first test."""
    made = product.run(
        "shell", "-v0", "-c", "from huiyin.conf.demo_events import serve; print(*serve(1))"
    )
    with product.client() as client:
        answer = client.post(
            "/api/v1/reviews",
            json={
                "token": made.split()[0].rsplit("/", 1)[1],
                "level": 2,
                "text": "排了三个小时的队。",
            },
        )
        assert answer.status_code == 201, answer.text
        receipt: dict[str, Any] = answer.json()["receipt"]
        return receipt


def _verdict(page: Page, kind: str) -> None:
    expect(page.locator(f"[data-proof-verdict={kind}]")).to_be_visible(timeout=60_000)


def _is_fine(page: Page) -> None:
    results = Axe().run(page)
    assert not results.violations_count, results.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url


def test_the_browser_shows_the_promise_and_then_proves_that_it_is_counted(
    phone: Page, product: Product, rated: dict[str, Any]
) -> None:
    phone.goto(rated["status_url"])
    proof = phone.locator(".proof")
    expect(proof).to_contain_text("我的评价计入了吗？")
    expect(proof.locator("[data-proof-verdict]")).to_have_attribute(
        "data-proof-verdict", "counted", timeout=60_000
    )
    expect(proof).to_contain_text("您的浏览器已证明：您的评价已计入公开日志。")
    for proven in ("由该日志签名", "与回执一致", "原样封存其中", "序号 / 总数"):
        expect(proof).to_contain_text(proven)
    _is_fine(phone)
    # The next look compares with the first.
    phone.reload()
    _verdict(phone, "counted")
    expect(proof).to_contain_text("没有撤回")
    assert phone.evaluate("Object.keys(localStorage)") == ["huiyin-log:huiyin-demo"]


def test_the_receipt_is_a_file_that_the_verifier_takes(
    desktop: Page, product: Product, rated: dict[str, Any], tmp_path: Path
) -> None:
    desktop.goto(rated["status_url"])
    _verdict(desktop, "counted")
    desktop.get_by_text("不信任本页面，自己核对").click()
    _is_fine(desktop)
    with desktop.expect_download() as download:
        desktop.get_by_role("link", name="下载回执文件").click()
    assert download.value.suggested_filename == "huiyin-receipt.json"
    path = tmp_path / "receipt.json"
    download.value.save_as(path)
    assert json.loads(path.read_text()) == rated
    command = desktop.locator(".proof-command").inner_text()
    assert command == f"huiyin verify huiyin-receipt.json --log {product.base_url}/log"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "huiyin.verify", str(path)),
            *("--log", f"{product.base_url}/log", "--memory", str(tmp_path / "memory"), "--json"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_log_that_lies_is_found_by_the_browser(
    phone: Page, product: Product, rated: dict[str, Any]
) -> None:
    phone.goto(rated["status_url"])
    _verdict(phone, "counted")

    def flipped(route: Route) -> None:
        body = bytearray(route.fetch().body())
        body[0] ^= 1  # the first entry's hash is part of every other entry's proof
        route.fulfill(body=bytes(body))

    phone.route("**/log/tile/**", flipped)
    phone.reload()
    _verdict(phone, "log-wrong")
    phone.unroute("**/log/tile/**")

    # A log that was begun anew has another key.
    phone.evaluate(
        """() => {
          const place = "huiyin-log:huiyin-demo";
          const known = JSON.parse(localStorage.getItem(place));
          known.keys = known.keys.map((key) => "x" + key);
          localStorage.setItem(place, JSON.stringify(known));
        }"""
    )
    phone.reload()
    _verdict(phone, "log-wrong")
    expect(phone.locator(".proof")).to_contain_text("无法由本浏览器记住的密钥引出")
    _is_fine(phone)


def test_what_was_taken_back_is_found_by_the_browser(
    phone: Page, product: Product, rated: dict[str, Any]
) -> None:
    phone.goto(rated["status_url"])
    _verdict(phone, "counted")
    phone.evaluate(
        """() => {
          const place = "huiyin-log:huiyin-demo";
          const known = JSON.parse(localStorage.getItem(place));
          const lines = known.checkpoint.split("\\n");
          lines[2] = btoa("x".repeat(32));
          lines[1] = String(Number(lines[1]) - 1);
          known.checkpoint = lines.join("\\n");
          localStorage.setItem(place, JSON.stringify(known));
        }"""
    )
    phone.reload()
    _verdict(phone, "log-wrong")
    expect(phone.locator(".proof")).to_contain_text("改动了")


@pytest.mark.parametrize(
    ("member", "value"),
    [("level", 5), ("text", "很满意"), ("promise", "nothing"), ("entry", "{}"), ("log", "another")],
)
def test_a_forged_receipt_is_found_by_the_browser(
    phone: Page, rated: dict[str, Any], member: str, value: object
) -> None:
    phone.route("**/receipt.json", lambda route: route.fulfill(json=rated | {member: value}))
    phone.goto(rated["status_url"])
    _verdict(phone, "receipt-wrong")


def test_a_broken_promise_is_said(phone: Page, rated: dict[str, Any]) -> None:
    phone.route("**/log/find/**", lambda route: route.fulfill(status=404))
    phone.clock.set_fixed_time(rated["accepted_at"])
    phone.goto(rated["status_url"])
    _verdict(phone, "promised")
    phone.clock.set_fixed_time("2090-01-01T00:00:00Z")
    phone.reload()
    _verdict(phone, "broken")
    expect(phone.locator(".proof")).to_contain_text("承诺未兑现")


def test_a_browser_that_cannot_check_says_so(phone: Page, rated: dict[str, Any]) -> None:
    phone.add_init_script("delete Object.getPrototypeOf(crypto).subtle")
    phone.goto(rated["status_url"])
    _verdict(phone, "cannot")
    _is_fine(phone)


def test_without_javascript_the_command_and_the_file_are_there(
    new_page: Callable[..., Page], rated: dict[str, Any]
) -> None:
    page = new_page(**PHONE, java_script_enabled=False, locale="en")
    page.goto(rated["status_url"])
    proof = page.locator(".proof")
    expect(proof).to_contain_text("Your browser has not checked that.")
    proof.locator("summary").click()
    expect(proof.get_by_role("link", name="Receipt as a file")).to_be_visible()
    expect(proof.locator(".proof-command")).to_contain_text("huiyin verify")


def test_it_can_be_read_in_english_on_a_desktop(
    new_page: Callable[..., Page], rated: dict[str, Any]
) -> None:
    page = new_page(**DESKTOP, locale="en", color_scheme="dark")
    page.goto(rated["status_url"])
    _verdict(page, "counted")
    expect(page.locator(".proof")).to_contain_text("Proven in your browser")
    _is_fine(page)
