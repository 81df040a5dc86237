"""What may stand in a header that says who frames us: one origin, and nothing that is more."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huiyin.intake.embedding import services
from huiyin.intake.embedding.errors import OriginInsecure, OriginInvalid, OriginTaken, TooManySites
from huiyin.intake.embedding.models import Site
from huiyin.intake.embedding.origins import normal
from huiyin.intake.embedding.queries import origins


@pytest.mark.parametrize(
    ("typed", "origin"),
    [
        ("https://www.example.gov.cn", "https://www.example.gov.cn"),
        (" HTTPS://WWW.Example.gov.cn/ ", "https://www.example.gov.cn"),
        ("https://example.gov.cn:443", "https://example.gov.cn"),
        ("https://example.gov.cn:8443", "https://example.gov.cn:8443"),
        ("https://政务.中国", "https://xn--zfr164b.xn--fiqs8s"),
        ("https://[2001:DB8::1]:8443", "https://[2001:db8::1]:8443"),
        ("https://192.0.2.7", "https://192.0.2.7"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
    ],
)
def test_an_origin_is_kept_as_browsers_write_it(typed: str, origin: str) -> None:
    assert normal(typed) == origin


@pytest.mark.parametrize(
    "typed",
    [
        "", "example.gov.cn", "//example.gov.cn", "ftp://example.gov.cn", "https://", "https:///",
        "https://*.example.gov.cn", "https://example.gov.cn/path", "https://example.gov.cn?x",
        "https://example.gov.cn#x", "https://user@example.gov.cn", "https://example.gov.cn:0",
        "https://example.gov.cn:", "https://example.gov.cn:x", "https://example.gov.cn:70000",
        "https://a.example https://b.example", "https://a.example;script-src", "https://a,b",
        "https://a.example\nx", "https://-a.example", "https://a..example", "https://a.example.",
        "https://0x7f.1", "https://1.2.3", "https://999.1.1.1", "https://[::1", "https://[x]",
        "null", "*", "data:text/html", "javascript://a",
    ],
)  # fmt: skip
def test_what_is_no_origin_is_refused(typed: str) -> None:
    with pytest.raises(OriginInvalid):
        normal(typed)


def test_plain_http_is_for_this_machine_and_for_demonstrations() -> None:
    with pytest.raises(OriginInsecure):
        normal("http://www.example.gov.cn")
    assert normal("http://www.example.gov.cn", insecure=True) == "http://www.example.gov.cn"


@given(st.text(max_size=60), st.sampled_from(["", "https://", "http://localhost", "https://a.cn"]))
def test_whatever_is_typed_never_says_more_in_a_header_than_one_origin(
    text: str, before: str
) -> None:
    try:
        origin = normal(before + text, insecure=True)
    except OriginInvalid:
        return
    assert re.fullmatch(r"https?://([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?", origin), origin
    assert normal(origin, insecure=True) == origin


@pytest.mark.django_db
class TestRegistering:
    def test_a_site_embeds_from_now_on_and_until_it_is_removed(self) -> None:
        site = services.register(name="门户", origin="https://WWW.example.gov.cn/")
        assert origins() == ["https://www.example.gov.cn"]
        services.remove(site)
        assert origins() == []

    def test_one_that_is_switched_off_does_not_embed(self) -> None:
        site = services.register(name="门户", origin="https://www.example.gov.cn")
        site.active = False
        services.save(site)
        assert origins() == []

    def test_an_origin_is_registered_once_however_it_is_written(self) -> None:
        services.register(name="门户", origin="https://www.example.gov.cn")
        with pytest.raises(OriginTaken):
            services.register(name="另一个", origin="https://www.EXAMPLE.gov.cn:443")
        assert Site.objects.count() == 1

    def test_there_are_no_more_than_fit_into_a_header(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(services, "MAX_SITES", 2)
        for number in range(2):
            services.register(name="门户", origin=f"https://{number}.example.gov.cn")
        with pytest.raises(TooManySites):
            services.register(name="门户", origin="https://3.example.gov.cn")
        services.register(name="门户", origin="https://3.example.gov.cn", active=False)

    def test_outside_the_demo_plain_http_is_refused(self, settings: object) -> None:
        settings.HUIYIN_DEMO = False  # type: ignore[attr-defined]
        with pytest.raises(OriginInsecure):
            services.register(name="门户", origin="http://www.example.gov.cn")
