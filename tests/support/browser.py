"""Chromium for the end-to-end tests: ``phone`` and ``desktop`` are pages, ready to go."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

# The last ones keep the browser from calling home, which a closed network answers with delays.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE = {
    "viewport": {"width": 360, "height": 740},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
}
DESKTOP = {"viewport": {"width": 1280, "height": 900}}


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    assert program, "The browser tests need chromium on PATH (Debian: apt-get install chromium)."
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def new_page(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Open a page of its own (its own cookies): ``new_page(**PHONE, locale="en")``.

    A script error or anything that the content security policy had to stop fails the test.
    """
    wrong: list[str] = []
    with ExitStack() as stack:

        def open_page(**options: object) -> Page:
            return stack.enter_context(_page(chromium, wrong, options))

        yield open_page
    assert not wrong, "The browser complained: " + "; ".join(wrong)


@contextmanager
def _page(chromium: Browser, wrong: list[str], options: dict[str, object]) -> Iterator[Page]:
    context = chromium.new_context(
        **({"locale": "zh-CN", "timezone_id": "Asia/Shanghai"} | options)
    )

    def heard(message: ConsoleMessage) -> None:
        if message.type == "error" and "Content Security Policy" in message.text:
            wrong.append(message.text)

    try:
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("console", heard)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        yield page
    finally:
        context.close()


@pytest.fixture
def phone(new_page: Callable[..., Page]) -> Page:
    """A page on a phone, 360 × 740, Chinese."""
    return new_page(**PHONE)


@pytest.fixture
def desktop(new_page: Callable[..., Page]) -> Page:
    """A page on a desktop, 1280 × 900, Chinese."""
    return new_page(**DESKTOP)
