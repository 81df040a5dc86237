"""The pages of devices: the same for everybody, kept by a worker that knows when they change."""

from __future__ import annotations

import json
import re

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from huiyin.intake.channels.kiosk import slips
from huiyin.kernel import ids
from huiyin.reviews.receipts import Receipt
from tests import factories
from tests.intake.channels.test_kiosk import Terminal

pytestmark = pytest.mark.django_db
_PAGES = ("/device/zh-hans/", "/device/en/", "/device/counter/en/", "/device/kiosk/zh-hans/")


@pytest.mark.parametrize("page", _PAGES)
def test_a_page_holds_nothing_of_who_asks(page: str) -> None:
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(factories.staff())
    plain, signed_in = Client().get(page), browser.get(page)
    assert plain.status_code == 200
    assert plain.content == signed_in.content
    assert b"csrf" not in plain.content.lower()
    assert "Set-Cookie" not in plain.headers
    assert plain["Cache-Control"] == "no-cache"
    assert plain["Content-Language"] == re.search("zh-hans|en", page)[0]  # type: ignore[index]


def test_pairing_speaks_the_language_of_the_browser() -> None:
    told = Client(headers={"accept-language": "en"}).get("/device/").content.decode()
    assert "Pair this device" in told
    assert "配对这台设备" in Client().get("/device/").content.decode()


def _kept() -> dict[str, object]:
    answer = Client().get("/device/kiosk/worker.js")
    assert answer["Content-Type"].startswith("text/javascript")
    found = re.match(r"self\.KEPT = (.*);\nimportScripts\(", answer.content.decode())
    assert found
    kept: dict[str, object] = json.loads(found[1])
    return kept


def test_the_worker_keeps_all_that_the_terminal_shows() -> None:
    files = _kept()["files"]
    assert isinstance(files, list)
    for language in ("zh-hans", "en"):
        page = Client().get(f"/device/kiosk/{language}/").content.decode()
        named = set(re.findall(r'(?:src|href)="(/static/[^"#]+)"', page))
        assert named
        assert named <= set(files)
        assert f"/device/kiosk/{language}/" in files
    names = [name.removeprefix("/static/") for name in files if name.startswith("/static/")]
    assert all(finders.find(name) for name in names)


def test_the_worker_is_another_one_when_a_page_changes(settings: pytest.FixtureRequest) -> None:
    before = _kept()["version"]
    assert _kept()["version"] == before
    settings.HUIYIN_KIOSK_DAYS = 3  # type: ignore[attr-defined]
    assert _kept()["version"] != before


@pytest.mark.parametrize("bearer", ["", "Bearer ", "Bearer x", "Basic eA=="])
def test_the_stream_is_for_devices_with_a_key(bearer: str) -> None:
    answer = Client(headers={"authorization": bearer}).get("/device/counter/stream")
    assert answer.status_code == 401


def test_a_slip_leads_to_the_rating_once_it_is_there() -> None:
    terminal, code = Terminal(), ids.new_code(slips.CODE_LENGTH)
    browser = Client(headers={"accept-language": "en"})
    early = browser.get(f"/slip/{code}")
    assert early.status_code == 404
    assert "has not arrived yet" in early.content.decode()
    [receipt] = terminal.deliver(terminal.rating(visit=str(slips.visit_of(code))))
    assert isinstance(receipt, Receipt)
    for typed in (f"/slip/{code}", f"/s/{code}", f"/slip/?code={ids.grouped(code).lower()}"):
        found = browser.get(typed, follow=True)
        assert found.redirect_chain[-1][0] == f"/s/{receipt.code}", typed
        assert found.status_code == 200
    assert "no-store" in browser.get(f"/slip/{code}")["Cache-Control"]


@pytest.mark.parametrize("typed", ["x", "0000-0000-0000-0001", "é"])
def test_a_slip_that_was_mistyped_is_asked_for_again(typed: str) -> None:
    browser = Client(headers={"accept-language": "en"})
    for answer in (browser.get("/slip/", {"code": typed}), browser.get(f"/slip/{typed}")):
        assert answer.status_code == 404
        assert "typing error" in answer.content.decode()
    assert browser.get("/slip/").status_code == 200
