"""Devices in a real browser against the running product: the tablet at a counter, the terminal."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.product import Product

pytestmark = pytest.mark.browser

TABLET = {"viewport": {"width": 1024, "height": 768}, "has_touch": True}
TERMINAL = {"viewport": {"width": 1080, "height": 1920}, "has_touch": True}

_REGISTER = """
from huiyin.directory.models import Organisation, Role
from huiyin.directory.queries import staff_with
from huiyin.intake.devices.services import register
unit = Organisation.objects.filter(events__isnull=False).first()
device, code = register(staff=staff_with(Role.SUPERVISOR, unit).first(), kind="{kind}",
    name="大厅 1 号机", organisation=unit)
print(device.pk, code)
"""
_SERVE = """
from huiyin.conf.demo_events import serve
from huiyin.reviews.models import ServiceEvent
known = set(ServiceEvent.objects.values_list("pk", flat=True))
serve(1)
event = ServiceEvent.objects.exclude(pk__in=known).select_related("integrator").get()
print(event.pk)
"""
_REVIEWS = """
import json
from huiyin.reviews.models import Review
print(json.dumps(list(Review.objects.filter(channel="{channel}").order_by("pk")
    .values_list("level", "tags"))))
"""


def _python(product: Product, code: str) -> str:
    return product.run("shell", "-v0", "-c", code).strip()


def _reviews(product: Product, channel: str) -> list[Any]:
    found: list[Any] = json.loads(_python(product, _REVIEWS.format(channel=channel)))
    return found


def _paired(product: Product, page: Page, kind: str) -> str:
    """Pair the device of ``page`` and wait for its own page; the device's key."""
    device, code = _python(product, _REGISTER.format(kind=kind)).split()
    page.goto(f"{product.base_url}/device/zh-hans/#{code}")
    expect(page.locator("#code")).to_have_value(code)
    assert code not in page.url
    page.get_by_role("button", name="配对").click()
    page.wait_for_url(re.compile(r"/device/(counter|kiosk)/zh-hans/$"))
    return device


def _wake(product: Product, device: str) -> dict[str, Any]:
    event = _python(product, _SERVE)
    with product.client() as client:
        answer = client.post(
            f"/api/v1/devices/{device}/wake",
            json={"event": event},
            headers={"Authorization": f"Bearer {product.demo['integrator_key']}"},
        )
    assert answer.status_code == 200, answer.text
    woken: dict[str, Any] = answer.json()
    return woken


def _is_fine(page: Page) -> None:
    results = Axe().run(page)
    assert not results.violations_count, results.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url
    small = page.evaluate(
        """[...document.querySelectorAll('button, a.button, label.tag')]
        .filter(one => one.checkVisibility())
        .filter(one => one.getBoundingClientRect().height < 64).map(one => one.outerHTML)"""
    )
    assert not small


# The tablet


def test_a_tablet_is_woken_within_a_second_rated_and_idle_again(
    product: Product, new_page: Callable[..., Page]
) -> None:
    page = new_page(**TABLET)
    device = _paired(product, page, "counter_device")
    expect(page.get_by_role("heading", name="欢迎")).to_be_visible()
    _is_fine(page)
    event = _python(product, _SERVE)
    with product.client() as client:
        key = {"Authorization": f"Bearer {product.demo['integrator_key']}"}
        began = time.monotonic()
        woken = client.post(
            f"/api/v1/devices/{device}/wake", json={"event": event}, headers=key
        ).json()
        expect(page.locator("[data-screen=faces]")).to_be_visible(timeout=1000)
        assert time.monotonic() - began < 1.5
        _is_fine(page)

        page.get_by_role("button", name="非常不满意").click()
        expect(page.locator("#tags label")).to_have_count(8)
        _is_fine(page)
        page.locator("#tags label").first.click()
        page.get_by_role("button", name="提交评价").click()

        expect(page.get_by_role("heading", name="感谢您的评价")).to_be_visible()
        link = page.locator("#qr").get_attribute("data-link") or ""
        _is_fine(page)
        state = client.get(f"/api/v1/devices/{device}/wakes/{woken['wake']}", headers=key).json()
        assert state["state"] == "waiting"
    page.get_by_role("button", name="完成").click()
    expect(page.get_by_role("heading", name="欢迎")).to_be_visible()
    assert "•" not in page.locator("#code").inner_text()
    citizen = new_page()
    citizen.goto(link)
    expect(citizen.locator("main")).to_contain_text("您的评价已送达")
    assert [level for level, _tags in _reviews(product, "counter_device")] == [1]


def test_a_tablet_that_nobody_touches_goes_back_to_idle_and_sends_nothing(
    product: Product, new_page: Callable[..., Page]
) -> None:
    page = new_page(**TABLET)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    before = _reviews(product, "counter_device")
    page.clock.install()
    device = _paired(product, page, "counter_device")
    expect(page.get_by_role("heading", name="欢迎")).to_be_visible()
    _wake(product, device)
    expect(page.locator("[data-screen=faces]")).to_be_visible()
    expect(page.locator("#countdown")).to_be_visible()
    page.clock.fast_forward(61_000)
    expect(page.get_by_role("heading", name="欢迎")).to_be_visible()
    assert not [url for url in sent if url.endswith("/ratings")]
    assert _reviews(product, "counter_device") == before


def test_a_touch_survives_a_network_that_stumbles(
    product: Product, new_page: Callable[..., Page]
) -> None:
    page = new_page(**TABLET)
    before = len(_reviews(product, "counter_device"))
    device = _paired(product, page, "counter_device")
    expect(page.get_by_role("heading", name="欢迎")).to_be_visible()
    _wake(product, device)
    page.get_by_role("button", name="基本满意").click()
    lost: list[int] = []

    def lose_the_answer(route: Any) -> None:
        if not lost:
            lost.append(route.fetch().status)
            route.abort()
        else:
            route.continue_()

    page.route("**/devices/ratings", lose_the_answer)
    page.get_by_role("button", name="提交评价").click()
    expect(page.get_by_role("heading", name="感谢您的评价")).to_be_visible()
    assert lost == [201]
    assert len(_reviews(product, "counter_device")) == before + 1


# The terminal


def _terminal(product: Product, page: Page) -> str:
    device = _paired(product, page, "kiosk")
    expect(page.locator("[data-screen=faces]")).to_be_visible()
    page.evaluate("navigator.serviceWorker.ready")
    page.wait_for_function("navigator.serviceWorker.controller !== null")
    return device


def _rate(page: Page, words: str) -> str:
    """Rate at a terminal; where the slip leads."""
    page.get_by_role("button", name=words, exact=True).click()
    if words.endswith("不满意"):
        page.locator("#tags label").first.click()
    page.get_by_role("button", name="提交评价").click()
    expect(page.get_by_role("heading", name="感谢您的评价")).to_be_visible()
    return page.locator("#qr").get_attribute("data-link") or ""


def _reopened(context: BrowserContext, url: str) -> Page:
    page = context.new_page()
    page.goto(url)
    return page


def test_a_terminal_with_a_network_gives_a_slip_that_leads_to_the_review(
    product: Product, new_page: Callable[..., Page]
) -> None:
    page = new_page(**TERMINAL)
    _terminal(product, page)
    before = len(_reviews(product, "kiosk"))
    _is_fine(page)
    page.get_by_role("button", name="不满意", exact=True).click()
    page.get_by_role("button", name="提交评价").click()
    expect(page.locator("#reminder")).to_be_focused()
    _is_fine(page)
    page.get_by_role("button", name="返回").click()
    link = _rate(page, "不满意")
    expect(page.get_by_text("您的评价已记录。")).to_be_visible(timeout=25_000)
    _is_fine(page)
    citizen = new_page()
    citizen.goto(link)
    citizen.wait_for_url("**/s/*")
    expect(citizen.locator("main")).to_contain_text("您的评价已送达")
    assert len(_reviews(product, "kiosk")) == before + 1


def test_the_network_is_cut_the_page_closed_and_everything_arrives_once(
    product: Product, new_page: Callable[..., Page]
) -> None:
    page = new_page(**TERMINAL)
    context = page.context
    _terminal(product, page)
    before = len(_reviews(product, "kiosk"))
    url = page.url

    context.set_offline(True)
    link = _rate(page, "非常不满意")
    expect(page.get_by_text("您的评价已存在这台设备上")).to_be_visible()
    expect(page.locator("#waiting")).to_contain_text("1")
    _is_fine(page)
    page.get_by_role("button", name="完成").click()
    page.close()

    # Opened anew without a network: the page and what waits are still there.
    page = _reopened(context, url)
    expect(page.locator("[data-screen=faces]")).to_be_visible()
    expect(page.locator("#waiting")).to_contain_text("1")
    _rate(page, "满意")
    page.get_by_role("button", name="完成").click()
    expect(page.locator("#waiting")).to_contain_text("2")
    citizen = new_page()
    citizen.goto(link)
    expect(citizen.locator("main")).to_contain_text("还没有送达")
    assert len(_reviews(product, "kiosk")) == before

    # Two tabs, and the network is back in the middle of things.
    other = _reopened(context, url)
    expect(other.locator("#waiting")).to_contain_text("2")
    context.set_offline(False)
    for tab in (page, other):
        tab.evaluate("window.dispatchEvent(new Event('online'))")
    for tab in (page, other):
        expect(tab.locator("#waiting")).to_be_hidden(timeout=25_000)
    assert sorted(level for level, _tags in _reviews(product, "kiosk")[before:]) == [1, 4]
    citizen.goto(link)
    citizen.wait_for_url("**/s/*")


def test_an_answer_that_is_lost_costs_nothing(
    product: Product, new_page: Callable[..., Page]
) -> None:
    page = new_page(**TERMINAL)
    context = page.context
    _terminal(product, page)
    before = len(_reviews(product, "kiosk"))
    url = page.url
    lost: list[int] = []

    def lose_the_answer(route: Any) -> None:
        lost.append(route.fetch().status)
        route.abort()

    context.route("**/devices/deliveries", lose_the_answer)
    _rate(page, "非常满意")
    expect(page.locator("#waiting")).to_contain_text("1")
    assert lost[0] == 200
    page.close()
    context.unroute("**/devices/deliveries")
    page = _reopened(context, url)
    expect(page.locator("#waiting")).to_be_hidden(timeout=25_000)
    assert len(_reviews(product, "kiosk")) == before + 1


def test_the_worker_is_started_anew_without_a_network(
    product: Product, new_page: Callable[..., Page]
) -> None:
    page = new_page(**TERMINAL)
    context = page.context
    _terminal(product, page)
    before = len(_reviews(product, "kiosk"))
    context.set_offline(True)
    _rate(page, "满意")
    # What the browser does to a worker that has nothing to do.
    session = context.new_cdp_session(page)
    session.send("ServiceWorker.enable")
    session.send("ServiceWorker.stopAllWorkers")
    page.reload()
    expect(page.locator("[data-screen=faces]")).to_be_visible()
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", name="How was this service?")).to_be_visible()
    expect(page.locator("#waiting")).to_contain_text("1")
    context.set_offline(False)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.locator("#waiting")).to_be_hidden(timeout=25_000)
    assert len(_reviews(product, "kiosk")) == before + 1


def test_a_terminal_begins_anew_when_nobody_is_there(
    product: Product, new_page: Callable[..., Page]
) -> None:
    page = new_page(**TERMINAL)
    page.clock.install()
    _paired(product, page, "kiosk")
    expect(page.locator("[data-screen=faces]")).to_be_visible()
    expect(page.locator("#countdown")).to_be_hidden()
    before = len(_reviews(product, "kiosk"))
    page.get_by_role("button", name="大字").click()
    page.get_by_role("button", name="高对比度").click()
    _is_fine(page)
    page.get_by_role("button", name="满意", exact=True).click()
    expect(page.locator("#countdown")).to_contain_text("45")
    page.clock.fast_forward(30_000)
    page.locator("#tags label").first.click()  # somebody is there
    page.clock.fast_forward(30_000)
    expect(page.locator("[data-screen=tags]")).to_be_visible()
    page.clock.fast_forward(16_000)
    expect(page.locator("[data-screen=faces]")).to_be_visible()
    assert page.locator("html").get_attribute("class") == "tall"
    assert len(_reviews(product, "kiosk")) == before


def test_what_is_too_old_is_refused_and_counted(
    product: Product, new_page: Callable[..., Page]
) -> None:
    page = new_page(**TERMINAL)
    _terminal(product, page)
    before = len(_reviews(product, "kiosk"))
    page.context.set_offline(True)
    _rate(page, "满意")
    page.clock.install(time=time.time() + 8 * 86400)
    page.context.set_offline(False)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.locator("#refused")).to_contain_text("1")
    expect(page.locator("#waiting")).to_be_hidden(timeout=25_000)
    assert len(_reviews(product, "kiosk")) == before


def test_a_revoked_terminal_says_so(product: Product, new_page: Callable[..., Page]) -> None:
    page = new_page(**TERMINAL)
    device = _terminal(product, page)
    _python(
        product,
        "from huiyin.intake.devices.models import Device\n"
        "from huiyin.intake.devices.services import revoke\n"
        f"device = Device.objects.get(pk='{device}')\n"
        "revoke(device=device, staff=device.registered_by)",
    )
    page.reload()
    expect(page.locator("#ended")).to_contain_text("已停用")
    _is_fine(page)


@pytest.mark.parametrize("kind", ["counter_device", "kiosk"])
@pytest.mark.parametrize("look", [("zh-hans", "light"), ("en", "dark")])
def test_every_screen_fits_a_phone(
    product: Product, new_page: Callable[..., Page], kind: str, look: tuple[str, str]
) -> None:
    language, scheme = look
    page = new_page(viewport={"width": 360, "height": 740}, color_scheme=scheme)
    device = _paired(product, page, kind)
    page.goto(page.url.replace("zh-hans", language))
    if kind == "counter_device":
        expect(page.locator("[data-screen=idle]")).to_be_visible()
        _wake(product, device)
    expect(page.locator("[data-screen=faces]")).to_be_visible()
    _is_fine(page)
    page.locator("[data-level='2']").click()
    _is_fine(page)
    page.locator("#tags label").first.click()
    page.locator("#send").click()
    expect(page.locator("[data-screen=thanks]")).to_be_visible()
    _is_fine(page)
