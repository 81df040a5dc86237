"""The rating page inside another site's page: another origin, its own strict policy, no cookies.

The portal is served on another host name than the product, so that to the browser its frame is a
third party's.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Frame, FrameLocator, Page, expect

from huiyin.intake.embedding.script import NEWEST, RELEASED
from tests.support import browser as browsers
from tests.support.browser import DESKTOP, PHONE
from tests.support.product import Product

pytestmark = pytest.mark.browser
SCRIPT = RELEASED[NEWEST]

_LISTENER = b"""
window.heard = [];
["ready", "rated", "closed", "error"].forEach(function (type) {
  document.addEventListener("huiyin:" + type, function (event) {
    heard.push({type: type, detail: event.detail});
  });
});
window.messages = [];
window.heights = [];
window.addEventListener("message", function (event) {
  messages.push(event.data);
  if (event.data.height) heights.push(event.data.height);
});
"""


class Portal:
    """Another site. ``body`` is what stands in its page; ``policy`` is as strict as can be."""

    def __init__(self, product: str) -> None:
        self.body = ""
        self.policy = (
            f"default-src 'none'; script-src 'self' {product}; frame-src {product}; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        portal = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                is_script = self.path == "/listener.js"
                page = (
                    '<!DOCTYPE html><html lang="zh-Hans"><head><meta charset="utf-8">'
                    '<meta name="viewport" content="width=device-width, initial-scale=1">'
                    "<title>门户</title></head><body><main><h1>门户</h1>"
                    '<button id="before">前</button>'
                    '<script src="/listener.js"></script>'
                    f'{portal.body}<button id="after">后</button></main></body></html>'
                )
                body = _LISTENER if is_script else page.encode()
                kind = "text/javascript" if is_script else "text/html; charset=utf-8"
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Content-Security-Policy", portal.policy)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://localhost:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _register(product: Product, origin: str) -> None:
    product.run(
        "shell", "-v0", "-c",
        "from huiyin.intake.embedding.services import register; "
        f"register(name='e2e', origin={origin!r})",
    )  # fmt: skip


@pytest.fixture(scope="module")
def portal(product: Product) -> Iterator[Portal]:
    made = Portal(product.base_url)
    _register(product, made.origin)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def _tokens(product: Product) -> list[str]:
    made = product.run(
        "shell", "-v0", "-c",
        "from huiyin.conf.demo_events import serve; print(*serve(14))",
    )  # fmt: skip
    return [link.rsplit("/", 1)[-1] for link in made.split()]


@pytest.fixture
def token(_tokens: list[str]) -> str:
    return _tokens.pop()


@pytest.fixture(scope="module")
def strict_chromium(chromium: Browser) -> Iterator[Browser]:
    """A browser that keeps no cookies for a page within a page."""
    browser = chromium.browser_type.launch(
        executable_path=shutil.which("chromium"),
        args=[*browsers.ARGUMENTS, "--test-third-party-cookie-phaseout"],
    )
    yield browser
    browser.close()


def script_tag(product: Product, token: str, more: str = "") -> str:
    return (
        f'<script async src="{product.base_url}{SCRIPT.path}" integrity="{SCRIPT.integrity}" '
        f'crossorigin="anonymous" data-token="{token}" {more}></script>'
    )


def rating_in(page: Page) -> FrameLocator:
    return page.frame_locator("iframe")


def until(page: Page | Frame, expression: str) -> None:
    """Wait until ``expression`` holds. Playwright's own way asks from within the page, where a
    strict policy forbids it."""
    for _ in range(150):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(100)
    raise AssertionError(expression)


def heard(page: Page) -> list[str]:
    said: list[str] = page.evaluate("heard.map(one => one.type)")
    return said


def is_as_tall_as_its_page(page: Page) -> bool:
    """Nothing in the frame has to be scrolled to."""
    frame = page.frames[1]
    return bool(frame.evaluate("document.documentElement.scrollHeight <= window.innerHeight + 1"))


@pytest.mark.parametrize("screen", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_it_is_rated_in_the_frame_and_the_portal_learns_only_that(
    new_page: Callable[..., Page],
    portal: Portal,
    product: Product,
    token: str,
    screen: dict[str, Any],
    language: str,
) -> None:
    portal.body = script_tag(product, token, f'data-lang="{language}"')
    page = new_page(**screen)
    page.goto(portal.origin)
    frame = rating_in(page)
    words = {"zh-hans": "这次服务", "en": "How was this service?"}
    expect(frame.locator("h1")).to_contain_text(words[language])
    assert (
        page.locator("iframe").get_attribute("title")
        == {
            "zh-hans": "评价本次服务",
            "en": "Rate this service",
        }[language]
    )
    until(page, "heard.length === 1")
    height = page.locator("iframe").bounding_box()["height"]  # type: ignore[index]
    for level in (5, 4, 3, 2, 1):
        frame.locator(f"label[for=level-{level}]").click()
        page.wait_for_timeout(60)
        assert page.locator("iframe").bounding_box()["height"] == height  # type: ignore[index]
        assert is_as_tall_as_its_page(page)
    # A bad one without a reason is reminded of it: that does not show from outside, either.
    frame.locator("button.send").click()
    expect(frame.locator("#missing-detail")).to_be_visible()
    page.wait_for_timeout(100)
    assert page.locator("iframe").bounding_box()["height"] == height  # type: ignore[index]
    assert page.evaluate("heights.length") == 1
    frame.locator("label:has(#tag-115)").click()
    frame.locator("button.send").click()
    expect(frame.locator(".receipt-code")).to_be_visible()
    until(page, "heard.some(one => one.type === 'rated')")
    assert heard(page) == ["ready", "rated"]
    code = frame.locator(".receipt-code").inner_text().replace("-", "")
    told = page.evaluate("JSON.stringify([heard, messages])")
    assert code not in told
    assert "level" not in told
    assert page.evaluate("new Set(messages.flatMap(Object.keys)).size") == 3, "huiyin, type, height"
    assert is_as_tall_as_its_page(page)
    results = Axe().run(page)
    assert not results.violations_count, results.generate_report()
    frame.locator("[data-close]").click()
    expect(page.locator("iframe")).to_have_count(0)
    assert heard(page)[-1] == "closed"


def test_it_works_where_a_third_party_keeps_no_cookies(
    strict_chromium: Browser, portal: Portal, product: Product, token: str
) -> None:
    portal.body = script_tag(product, token)
    context = strict_chromium.new_context(**PHONE, locale="zh-CN")
    page = context.new_page()
    page.goto(portal.origin)
    frame = rating_in(page)
    expect(frame.locator("h1")).to_be_visible()
    inside = page.frames[1]
    inside.evaluate("document.cookie = 'tried=1; SameSite=None; Secure'")
    assert inside.evaluate("document.cookie") == "", "the browser was to block them"
    frame.locator("label[for=level-5]").click()
    frame.locator("button.send").click()
    expect(frame.locator(".receipt-code")).to_be_visible()
    assert context.cookies(product.base_url) == []
    context.close()


def test_a_frame_of_ones_own_works_too_and_is_told_the_same(
    new_page: Callable[..., Page], portal: Portal, product: Product, token: str
) -> None:
    portal.body = (
        f'<iframe src="{product.base_url}/embed/r/{token}?origin={portal.origin}&amp;lang=en" '
        'title="Rate this service"></iframe>'
    )
    page = new_page(**DESKTOP)
    page.goto(portal.origin)
    until(page, "messages.length > 0")
    ready = page.evaluate("messages[0]")
    assert ready["huiyin"] == 1
    assert ready["type"] == "ready"
    assert ready["height"] > 600


def test_a_page_that_is_not_registered_shows_no_frame_and_offers_the_link(
    new_page: Callable[..., Page], product: Product, token: str, chromium: Browser
) -> None:
    stranger = Portal(product.base_url)
    stranger.body = script_tag(product, token)
    context = chromium.new_context(**DESKTOP)
    page = context.new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    page.goto(stranger.origin)
    expect(page.locator("a[href*='/r/']")).to_be_visible(timeout=20_000)
    assert page.evaluate("heard[0].detail.reason") == "unavailable"
    assert page.evaluate("messages.length") == 0
    assert any("frame-ancestors" in line for line in refused), refused
    context.close()
    stranger.stop()


def test_what_others_say_is_not_believed(
    new_page: Callable[..., Page], portal: Portal, product: Product, token: str
) -> None:
    portal.body = script_tag(product, token)
    page = new_page(**DESKTOP)
    page.goto(portal.origin)
    until(page, "heard.length === 1")
    # The page itself, and thereby any frame of it that is not ours, pretends.
    page.evaluate("postMessage({huiyin: 1, type: 'rated'}, '*')")
    page.evaluate("postMessage({huiyin: 1, type: 'height', height: 5000}, '*')")
    # From the right page, and nonsense.
    for nonsense in ("null", "1", "'focus'", "{huiyin: 2, type: 'focus'}", "{huiyin: 1}"):
        page.evaluate(f"frames[0].postMessage({nonsense}, '*')")
    page.wait_for_timeout(200)
    assert heard(page) == ["ready"]
    assert page.locator("iframe").bounding_box()["height"] < 5000  # type: ignore[index]


def test_a_link_that_was_used_says_so_inside_and_outside(
    new_page: Callable[..., Page], portal: Portal, product: Product
) -> None:
    portal.body = script_tag(product, "nothing-that-was-ever-given-out")
    page = new_page(**PHONE)
    page.goto(portal.origin)
    expect(rating_in(page).locator("h1")).to_contain_text("链接")
    until(page, "heard.some(one => one.type === 'error')")
    assert page.evaluate("heard.find(one => one.type === 'error').detail.reason") == "token-invalid"


def test_the_keyboard_goes_in_and_out_and_back_where_it_was(
    new_page: Callable[..., Page], portal: Portal, product: Product, token: str
) -> None:
    portal.body = script_tag(product, "", "")
    page = new_page(**DESKTOP)
    page.goto(portal.origin)
    page.locator("#before").focus()
    until(page, "window.Huiyin")
    page.evaluate(
        "token => { const box = document.createElement('div'); document.body.append(box); "
        "window.made = Huiyin.embed({token: token, target: box, focus: true}); }",
        token,
    )
    until(page, "heard.length === 1")
    inside = page.frames[1]
    until(inside, "document.activeElement.id === 'main'")
    page.keyboard.press("Tab")
    assert inside.evaluate("document.activeElement.name") == "level"
    rating_in(page).locator("[data-close]").press("Enter")
    until(page, "document.activeElement.id === 'before'")


def test_switching_the_language_keeps_what_was_typed(
    new_page: Callable[..., Page], portal: Portal, product: Product, token: str
) -> None:
    portal.body = script_tag(product, token, 'data-lang="zh-hans"')
    page = new_page(**PHONE)
    page.goto(portal.origin)
    frame = rating_in(page)
    frame.locator("#text").fill("等了三个小时。")
    frame.locator("button[name=redraw]").click()
    expect(frame.locator("h1")).to_contain_text("How was this service?")
    expect(frame.locator("#text")).to_have_value("等了三个小时。")
    until(page, "heights.length >= 2")
    assert heard(page) == ["ready"], "nothing was sent"


class TestTheDemonstration:
    @pytest.mark.parametrize("way", ["script", "iframe"])
    def test_a_tester_rates_inside_a_portal_with_two_clicks(
        self, phone: Page, product: Product, way: str
    ) -> None:
        phone.goto(product.base_url)
        phone.get_by_role("link", name="以群众身份试一试").click()
        phone.locator(f"button[value={way}]").click()
        frame = rating_in(phone)
        frame.locator("label[for=level-5]").click()
        frame.locator("button.send").click()
        expect(frame.locator(".receipt-code")).to_be_visible()
        expect(phone.locator("#heard")).to_contain_text("rated")
        assert phone.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        results = Axe().run(phone)
        assert not results.violations_count, results.generate_report()

    def test_a_tester_rates_in_an_app(self, phone: Page, product: Product) -> None:
        phone.goto(f"{product.base_url}/demo/")
        phone.locator("button[value=app]").click()
        phone.locator("input[value='1'][name=level]").check()
        phone.locator("input[value='115']").check()
        phone.locator("form button").click()
        expect(phone.locator("#receipt")).to_be_visible()
        address = phone.locator("#receipt a").get_attribute("href") or ""
        assert urlsplit(address).path.startswith("/s/")
        assert phone.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        results = Axe().run(phone)
        assert not results.violations_count, results.generate_report()
