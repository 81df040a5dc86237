"""Appeals in Chromium, against the real product: one upheld, one faked rectification reported."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.support.browser import DESKTOP, PHONE
from tests.support.product import Product

pytestmark = pytest.mark.browser
NewPage = Callable[..., Page]
PDF = {"name": "监控记录.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 test"}


def _sign_in(page: Page, product: Product, username: str, path: str) -> None:
    account = _account(product, username)
    page.goto(product.base_url + path)
    page.locator("[name=username]").fill(account["username"])
    page.locator("[name=password]").fill(account["password"])
    page.locator("main form button").click()
    page.wait_for_url(product.base_url + path)


def _account(product: Product, username: str) -> dict[str, str]:
    return next(a for a in product.demo["accounts"] if a["username"] == username)


def _rate_badly(page: Page, product: Product, text: str) -> str:
    """Give a bad review; the address of its status page."""
    page.goto(str(product.demo["invitations"][0]))
    page.locator('label[for="level-1"]').click()
    page.locator("[name=text]").fill(text)
    page.locator('main form button:not([name="large"])').last.click()
    page.wait_for_url(re.compile("/s/"))
    return page.url


def _is_sound(page: Page) -> None:
    """No accessibility rule is broken and nothing is wider than the screen."""
    results = Axe().run(page)
    assert not results.violations_count, f"{page.url}: {results.generate_report()}"
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url


class _Staff:
    """A member of staff over the API."""

    def __init__(self, product: Product, username: str) -> None:
        account = _account(product, username)
        self._client = httpx.Client(
            base_url=f"{product.base_url}/api/v1", timeout=30, trust_env=False
        )
        answer = self._client.post(
            "/sessions", json={"username": username, "password": account["password"]}
        )
        self._client.headers["Authorization"] = f"Bearer {answer.json()['token']}"

    def find(self, text: str) -> str:
        """The code of the matter whose review says ``text``."""
        listed = self._client.get("/matters?size=100").json()["matters"]
        return str(next(row["code"] for row in listed if text in row["summary"]))

    def get(self, path: str) -> dict[str, Any]:
        return dict(self._client.get(path).raise_for_status().json())

    def post(self, code: str, verb: str, **said: Any) -> dict[str, Any]:
        version = self.get(f"/matters/{code}")["version"]
        answer = self._client.post(f"/matters/{code}/{verb}", json={"version": version} | said)
        return dict(answer.raise_for_status().json())


def _unit_of(product: Product, code: str) -> str:
    """The user name stem of the unit that has the matter, such as ``xihu-market``."""
    name = _Staff(product, "zhejiang-supervisor").get(f"/matters/{code}")["organisation"]
    handler = next(
        account
        for account in product.demo["accounts"]
        if account["role"] == "handler" and account["organisation"] == name
    )
    return str(handler["username"]).removesuffix("-handler")


def _answer(product: Product, unit: str, code: str) -> None:
    """Walk the matter to its reply."""
    handler, approver = _Staff(product, f"{unit}-handler"), _Staff(product, f"{unit}-approver")
    reference = handler.post(code, "calls")["reference"]
    handler.post(code, "contacts", reference=reference, outcome="reached")
    verified = handler.post(code, "verification", facts="群众反映属实。")
    handler.post(
        code,
        "plan",
        root_cause="process",
        explanation="窗口排班不足。",
        measures=[{"head": "process", "description": "增开窗口。"}],
        milestones=verified["suggested_milestones"],
    )
    handler.post(
        code, "reply", text="已增开窗口。", result_class="explained", legal_reason="《规定》第三条"
    )
    approver.post(code, "reply/approval")


def _wait_for(page: Page, text: str) -> None:
    """Load the page again until it says ``text``."""
    for _look in range(30):
        if page.get_by_text(text).count():
            break
        page.wait_for_timeout(500)
        page.reload()
    expect(page.get_by_text(text).first).to_be_visible()


def test_an_appeal_is_filed_heard_and_upheld(fresh_product: Product, new_page: NewPage) -> None:
    product, text = fresh_product, "根本没有人理我。"
    citizen = new_page(**PHONE)
    status = _rate_badly(citizen, product, text)
    code = _Staff(product, "zhejiang-supervisor").find(text)
    unit = _unit_of(product, code)

    handler = new_page(**DESKTOP)
    _sign_in(handler, product, f"{unit}-handler", f"/desk/appeals/{code}")
    _is_sound(handler)
    handler.get_by_label("虚假评价").check()
    handler.get_by_label("事实经过和证据说明").fill("当天该窗口没有这笔业务。")
    handler.locator("[name=evidence]").set_input_files(PDF)
    handler.get_by_role("button", name="提交申诉").click()
    expect(handler.get_by_text("申诉已提交")).to_be_visible()
    _is_sound(handler)

    citizen.goto(status)
    expect(citizen.get_by_text("当天该窗口没有这笔业务。").first).to_be_visible()
    _is_sound(citizen)
    citizen.get_by_role("link", name="陈述意见").click()
    _is_sound(citizen)
    citizen.get_by_label("您的意见").fill("我在现场等了很久。")
    citizen.get_by_role("button", name="提交给裁定机构").click()
    expect(citizen.get_by_text("我在现场等了很久。").first).to_be_visible()

    arbiter = new_page(**PHONE)
    _sign_in(arbiter, product, "arbiter", "/desk/arbitration/")
    _is_sound(arbiter)
    arbiter.locator(f'a[href$="{code}"]').click()
    for words in (text, "当天该窗口没有这笔业务。", "我在现场等了很久。"):
        expect(arbiter.get_by_text(words).first).to_be_visible()
    _is_sound(arbiter)
    arbiter.set_viewport_size({"width": 1280, "height": 900})
    _is_sound(arbiter)
    arbiter.get_by_label("申诉成立：评价作废").check()
    arbiter.get_by_label("裁定理由").fill("取号、叫号和办件记录均无对应业务。")
    arbiter.get_by_role("button", name="预览并核对").click()
    expect(arbiter.get_by_role("heading", name="确认作出裁定？")).to_be_visible()
    _is_sound(arbiter)
    arbiter.get_by_role("button", name="作出裁定").click()
    expect(arbiter.get_by_text("裁定已作出")).to_be_visible()
    _is_sound(arbiter)

    _wait_for(citizen, "已办结：您的评价经裁定作废")
    _is_sound(citizen)
    public = new_page(**PHONE)
    public.goto(f"{product.base_url}/reviews/")
    _wait_for(public, "取号、叫号和办件记录均无对应业务。")
    expect(public.get_by_text("经裁定作废，不计入统计").first).to_be_visible()
    _is_sound(public)


def test_a_faked_rectification_is_reported_and_established(
    fresh_product: Product, new_page: NewPage
) -> None:
    product, text = fresh_product, "排队两小时还办不成。"
    citizen = new_page(**PHONE)
    status = _rate_badly(citizen, product, text)
    code = _Staff(product, "zhejiang-supervisor").find(text)
    unit = _unit_of(product, code)
    _answer(product, unit, code)
    citizen.goto(status)
    _wait_for(citizen, "整改弄虚作假？请在此反映")
    citizen.get_by_role("link", name="整改弄虚作假？请在此反映").click()
    _is_sound(citizen)
    citizen.get_by_label("您看到的情况").fill("窗口根本没有增开。")
    citizen.get_by_role("button", name="提交反映").click()
    expect(citizen.get_by_text("您反映整改弄虚作假").first).to_be_visible()
    _is_sound(citizen)

    handler = new_page(**PHONE)
    _sign_in(handler, product, f"{unit}-handler", f"/desk/appeals/{code}")
    expect(handler.get_by_text("窗口根本没有增开。").first).to_be_visible()
    handler.get_by_label("贵单位的意见").fill("窗口下周才启用。")
    handler.get_by_role("button", name="提交意见").click()
    _is_sound(handler)

    arbiter = new_page(**DESKTOP)
    _sign_in(arbiter, product, "arbiter", f"/desk/arbitration/{code}")
    _is_sound(arbiter)
    arbiter.get_by_label("予以认定").check()
    arbiter.get_by_label("裁定理由").fill("答复称已增开，实际并未启用。")
    arbiter.get_by_role("button", name="预览并核对").click()
    arbiter.get_by_role("button", name="作出裁定").click()
    citizen.goto(status)
    _wait_for(citizen, "裁定：认定整改弄虚作假")
    expect(citizen.get_by_text("督办").first).to_be_visible()
