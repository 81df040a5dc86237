"""``/embed/``: framed by registered sites alone, without cookies, telling nothing of a rating."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from urllib.parse import quote

import pytest
from django.http import HttpResponse
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as tried
from hypothesis import strategies as st
from pytest_django.fixtures import DjangoAssertNumQueries

from huiyin.intake.embedding import script, services
from huiyin.reviews.models import Channel, Review
from tests import factories

pytestmark = pytest.mark.django_db
PORTAL, OTHER = "https://www.example.gov.cn", "https://app.example.gov.cn:8443"
# The hash that portals have written into their pages. A new script is a new version.
RELEASED = {"1.0": "sha384-8zp20HGNeKponGbHC6xHQYVU9+RUmBtUrmV8tBciaF1GqIZd/P2Xyow8CDM+VHLn"}


@pytest.fixture
def portal() -> str:
    services.register(name="另一个门户", origin=OTHER)
    return services.register(name="门户", origin=PORTAL).origin


def policy(answer: HttpResponse) -> dict[str, str]:
    directives = (
        part.strip().partition(" ") for part in answer["Content-Security-Policy"].split(";")
    )
    return {name: value for name, _space, value in directives}


def test_only_registered_origins_frame_the_page(browser: Client, portal: str) -> None:
    answer = browser.get(f"/embed/r/{factories.token()}", {"origin": portal})
    assert answer.status_code == 200
    assert policy(answer)["frame-ancestors"].split() == [OTHER, PORTAL]
    assert "X-Frame-Options" not in answer
    assert policy(answer)["default-src"] == "'none'"


def test_nobody_frames_it_when_nobody_is_registered(browser: Client) -> None:
    answer = browser.get(f"/embed/r/{factories.token()}", {"origin": PORTAL})
    assert policy(answer)["frame-ancestors"] == "'none'"
    assert answer["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("path", ["/", "/r/x", "/s/", "/desk/login/", "/embed/v1.js", "/nothing"])
def test_everything_else_stays_framed_by_nobody(browser: Client, portal: str, path: str) -> None:
    answer = browser.get(path)
    assert policy(answer)["frame-ancestors"] == "'none'"
    assert answer["X-Frame-Options"] == "DENY"


def test_a_removed_site_frames_it_no_more(browser: Client) -> None:
    site = services.register(name="门户", origin=PORTAL)
    services.remove(site)
    answer = browser.get(f"/embed/r/{factories.token()}")
    assert policy(answer)["frame-ancestors"] == "'none'"


def test_a_link_that_opens_nothing_is_framed_too_and_says_why(browser: Client, portal: str) -> None:
    answer = browser.get("/embed/r/nothing", {"origin": portal})
    assert answer.status_code == 403
    assert policy(answer)["frame-ancestors"].split() == [OTHER, PORTAL]
    assert 'data-says="error:token-invalid"' in answer.content.decode()


def test_only_a_registered_page_is_told_anything(browser: Client, portal: str) -> None:
    token = factories.token()
    assert (
        f'data-origin="{portal}"'
        in browser.get(f"/embed/r/{token}", {"origin": portal}).content.decode()
    )
    for stranger in ("https://evil.example", "*", "null", '"><script>', f"{portal}.evil.example"):
        page = browser.get(f"/embed/r/{token}", {"origin": stranger}).content.decode()
        assert 'data-origin=""' in page
        assert stranger not in page or stranger in "*null"


def test_it_is_rated_without_any_cookie_and_the_receipt_stays_inside(
    browser: Client, portal: str
) -> None:
    address = f"/embed/r/{factories.token()}?origin={portal}&lang=zh-hans"
    page = browser.get(address)
    key = re.search(r'name="key" value="([^"]+)"', page.content.decode())
    assert key
    said = {"level": "1", "tags_1": ["115"], "key": key[1]}
    answer = browser.post(address, said)
    assert answer.status_code == 200
    text = unescape(answer.content.decode())
    assert "您的评价已记录" in text
    assert 'data-says="rated"' in text
    assert not browser.cookies, "a page within a page keeps none"
    review = Review.objects.get()
    assert review.channel == Channel.WEB
    # Sent once more, by a reload: the same answer, and still one review.
    assert browser.post(address, said).status_code == 200
    assert Review.objects.count() == 1


def test_the_answer_is_the_same_for_every_level(browser: Client, portal: str) -> None:
    """Not even its length tells the embedding page how somebody rated."""
    pages = set()
    for level in "12345":
        address = f"/embed/r/{factories.token()}?origin={portal}"
        page = browser.post(
            address, {"level": level, "text": "等了三个小时。", "key": level}
        ).content
        code = re.search(rb'receipt-code code">([^<]+)<', page)
        assert code
        plain = page.replace(code[1], b"CODE").replace(code[1].replace(b"-", b""), b"CODE")
        pages.add(plain)
    assert len(pages) == 1


def test_nothing_of_it_is_cached_or_told_to_others(browser: Client, portal: str) -> None:
    answer = browser.get(f"/embed/r/{factories.token()}", {"origin": portal})
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["Cross-Origin-Resource-Policy"] == "cross-origin"


@pytest.mark.parametrize(
    ("asked", "says", "tag"),
    [
        ("en", "How was this service?", "en"),
        ("zh-hans", "这次服务", "zh-Hans"),
        ("zh-CN", "这次服务", "zh-Hans"),
    ],
)
def test_the_embedding_page_says_which_language(
    browser: Client, portal: str, asked: str, says: str, tag: str
) -> None:
    answer = browser.get(
        f"/embed/r/{factories.token()}",
        {"lang": asked},
        headers={"accept-language": "zh-CN" if asked == "en" else "en"},
    )
    assert says in answer.content.decode()
    assert f'<html lang="{tag}"' in answer.content.decode()
    assert answer["Content-Language"] == tag.lower()
    # The next page is in the reader's own language again.
    assert browser.get("/s/", headers={"accept-language": "en"})["Content-Language"] == "en"


def test_another_language_keeps_what_was_filled_in_and_sends_nothing(
    browser: Client, portal: str
) -> None:
    token = factories.token()
    said = {"level": "1", "tags_1": ["115"], "text": "等了三个小时。", "key": "k", "redraw": "1"}
    answer = browser.post(f"/embed/r/{token}?lang=en&origin={portal}", said)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "How was this service?" in page
    assert "等了三个小时。" in page
    assert re.search(r'id="level-1" required checked', page)
    assert re.search(r'id="tag-115" checked', page)
    assert not Review.objects.exists()


def test_the_frame_costs_one_query_more_than_the_page(
    browser: Client, portal: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    token = factories.token()
    with django_assert_num_queries(5):
        browser.get(f"/embed/r/{token}")


def test_links_in_the_frame_lead_out_of_it(browser: Client, portal: str) -> None:
    for path in (f"/embed/r/{factories.token()}", "/embed/r/nothing"):
        page = browser.get(path).content.decode()
        links = re.findall(r"<a [^>]*href=\"/[^>]*>", page)
        assert links
        assert all('target="_blank"' in link for link in links), links


class TestTheScript:
    def test_what_was_released_never_changes(self) -> None:
        assert {v: s.integrity for v, s in script.RELEASED.items()} == RELEASED
        assert script.NEWEST in RELEASED

    def test_it_can_be_loaded_pinned_and_cached_by_other_sites(self, browser: Client) -> None:
        pinned, moving = browser.get("/embed/v1.0.js"), browser.get("/embed/v1.js")
        assert pinned.content == moving.content == script.RELEASED["1.0"].body
        assert "immutable" in pinned["Cache-Control"]
        assert moving["Cache-Control"] == "public, max-age=3600"
        for answer in (pinned, moving):
            assert answer["Content-Type"].startswith("text/javascript")
            assert answer["Access-Control-Allow-Origin"] == "*"
            assert answer["Cross-Origin-Resource-Policy"] == "cross-origin"
            assert "Vary" not in answer
            assert not answer.cookies
        again = browser.get("/embed/v1.js", headers={"if-none-match": moving["ETag"]})
        assert again.status_code == 304

    @pytest.mark.parametrize("version", ["2", "1.1", "0", "..", "1.0.js", "%2e%2e"])
    def test_there_is_no_other(self, browser: Client, version: str) -> None:
        assert browser.get(f"/embed/v{version}.js").status_code == 404

    def test_it_is_small_and_asks_for_nothing_a_strict_policy_forbids(self) -> None:
        text = script.RELEASED[script.NEWEST].body.decode()
        assert len(text) < 8192
        for forbidden in (
            "innerHTML",
            "eval(",
            "Function(",
            "document.write",
            'setAttribute("style',
        ):
            assert forbidden not in text


@tried(max_examples=60, suppress_health_check=list(HealthCheck))
@given(
    token=st.text(
        st.characters(exclude_characters="/?#\x00", exclude_categories=["Cs"]), min_size=1
    ),
    query=st.dictionaries(
        st.sampled_from(["origin", "lang", "key", "x"]),
        st.text(st.characters(exclude_categories=["Cs"])),
    ),
    sent=st.dictionaries(
        st.sampled_from(["level", "tags_1", "text", "key", "csrfmiddlewaretoken"]),
        st.text(st.characters(exclude_categories=["Cs"])),
    ),
)
def test_nothing_that_is_sent_breaks_it_or_lets_others_frame_it(
    token: str, query: dict[str, str], sent: dict[str, str]
) -> None:
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    for answer in (
        client.get(f"/embed/r/{quote(token)}", query),
        client.post(f"/embed/r/{quote(token)}", sent, query_params=query),
    ):
        assert answer.status_code in {403, 429}, answer.status_code
        assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
    assert not Review.objects.exists()


def test_the_script_is_what_the_how_to_says(portal: str) -> None:
    for name in ("embed.md", "embed.zh.md"):
        text = (Path(__file__).parents[3] / "docs" / "how-to" / name).read_text("utf-8")
        assert script.RELEASED[script.NEWEST].integrity in text
