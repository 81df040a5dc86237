"""The HTTP gateway: what a template may say, what a provider gets, and what it may answer."""

from __future__ import annotations

import hashlib
import hmac
import json
import textwrap
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.core.exceptions import ImproperlyConfigured

from huiyin.notices.sms.gateway import SmsFailed
from huiyin.notices.transports.sms_http import gateway as module
from huiyin.notices.transports.sms_http import template as templates
from huiyin.notices.transports.sms_http.gateway import HttpGateway, NotTheProvider
from huiyin.notices.transports.sms_http.rendering import Said, Unreadable
from tests.notices.sms.provider import Provider, provider, says

SECRET = "a-secret-shared-with-the-provider"
TO = "13800138000"


@pytest.fixture
def peer() -> Iterator[Provider]:
    with provider() as running:
        yield running


def _gateway(template: str, **values: str) -> HttpGateway:
    return HttpGateway(
        templates.parse(textwrap.dedent(template)),
        values,
        source="1069",
        base_url="https://hcp.example",
    )


def _generic(peer: Provider) -> HttpGateway:
    values = {"URL": peer.url, "ACCOUNT": "city", "SECRET": SECRET}
    loaded = templates.load("generic")
    return HttpGateway(loaded, values, source="1069", base_url="https://hcp.example")


def test_the_generic_provider_can_check_who_wrote_and_what(peer: Provider) -> None:
    peer.answering = says(201, b'{"id": "msg-7"}')
    sent = _generic(peer).send("您好\n“回音”", to=TO, key="key-1", extension="02")
    assert sent == ("msg-7",)
    [got] = peer.received
    said = json.loads(got.body)
    assert said == {
        "to": f"+86{TO}",
        "from": "106902",
        "text": "您好\n“回音”",
        "report_url": "https://hcp.example/gateways/sms/reports",
    }
    signed = "\n".join(
        ("city", got.headers["x-timestamp"], "key-1", said["to"], said["text"])
    ).encode()
    wanted = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert got.headers["x-signature"] == wanted
    assert got.headers["idempotency-key"] == "key-1"


def test_a_form_with_sorted_and_salted_digest(peer: Provider) -> None:
    gateway = _gateway(
        f"""
        name = "form"
        settings = ["APP", "SECRET"]
        [send]
        url = "{peer.url}"
        body = "form"
        [send.compute.sign]
        algorithm = "md5"
        encoding = "HEX"
        [send.compute.sign.sorted]
        after = "&key={{SECRET}}"
        [send.fields]
        phone = "{{to}}"
        content = "{{text}}"
        app = "{{APP}}"
        at = "{{local_time}}"
        sign = "{{sign}}"
        [send.answer]
        accepted = {{ source = "json:code", equals = ["0"] }}
        reference = "json:data.0.id"
        """,
        APP="a&b",
        SECRET="s",
    )
    peer.answering = says(200, b'{"code": 0, "data": [{"id": 17}]}')
    assert gateway.send("您好 & 再见", to=TO, key="k") == ("17",)
    form = {name: values[0] for name, values in parse_qs(peer.received[0].body.decode()).items()}
    assert (form["phone"], form["content"], form["app"]) == (TO, "您好 & 再见", "a&b")
    names = ["app", "at", "content", "phone"]
    said = "&".join(f"{name}={form[name]}" for name in names) + "&key=s"
    wanted = hashlib.md5(said.encode(), usedforsecurity=False)
    assert form["sign"] == wanted.hexdigest().upper()


def _drips(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    while True:
        try:
            handler.wfile.write(b" ")
            handler.wfile.flush()
        except OSError:
            return
        if handler.server.over.wait(0.1):  # type: ignore[attr-defined]
            return


def _half(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("content-length", "100")
    handler.end_headers()
    handler.wfile.write(b'{"id": "ms')
    handler.close_connection = True


def _never(handler: BaseHTTPRequestHandler) -> None:
    handler.server.over.wait(20)  # type: ignore[attr-defined]


def _slowly(handler: BaseHTTPRequestHandler) -> None:
    handler.server.over.wait(0.5)  # type: ignore[attr-defined]
    says(200, b'{"id": "late"}')(handler)


def _endless(handler: BaseHTTPRequestHandler) -> None:
    says(200, b'{"id": "' + b"x" * 400_000 + b'"}')(handler)


@pytest.mark.parametrize(
    ("answering", "why"),
    [
        (says(500, b"oops"), "answered 500"),
        (says(302, b""), "answered 302"),
        (says(200, b"<html>"), "cannot be read"),
        (says(200, b'{"id": {"a": 1}}'), "cannot be read"),
        (says(200, b"\xff\xfe\x00"), "cannot be read"),
        (_half, "connection failed"),
        (_never, "no answer in time"),
        (_drips, "no answer in time"),
        (_endless, "too much"),
    ],
    ids=["500", "redirect", "html", "no text", "octets", "half", "never", "drips", "endless"],
)
def test_whatever_a_provider_answers_a_send_ends_and_says_why(
    peer: Provider, monkeypatch: pytest.MonkeyPatch, answering: Any, why: str
) -> None:
    monkeypatch.setattr(module, "_SECONDS", 1.0)
    monkeypatch.setattr("http.server.ThreadingHTTPServer.over", peer.over, raising=False)
    peer.answering = answering
    with pytest.raises(SmsFailed, match=why) as failed:
        _generic(peer).send("hi", to=TO, key="k")
    assert not failed.value.permanent
    for secret in (TO, SECRET, peer.url, "oops"):
        assert secret not in str(failed.value)


def test_a_provider_may_take_its_time(peer: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("http.server.ThreadingHTTPServer.over", peer.over, raising=False)
    peer.answering = _slowly
    assert _generic(peer).send("hi", to=TO, key="k") == ("late",)


def test_a_refused_number_is_not_tried_again(peer: Provider) -> None:
    peer.answering = says(400, b'{"error": "invalid_number"}')
    with pytest.raises(SmsFailed) as failed:
        _generic(peer).send("hi", to=TO, key="k")
    assert failed.value.permanent


def test_a_taken_message_without_a_name_is_taken_all_the_same(peer: Provider) -> None:
    peer.answering = says(200, b"{}")
    assert _generic(peer).send("hi", to=TO, key="k") == ()


# What a provider posts


def _posted(body: Any, *, secret: str = SECRET, stamp: str = "1700000000") -> Said:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    signature = hmac.new(secret.encode(), f"{stamp}\n".encode() + raw, hashlib.sha256)
    return Said(raw, headers={"x-timestamp": stamp, "x-signature": signature.hexdigest()})


def test_reports_and_messages_are_read_when_they_are_signed(peer: Provider) -> None:
    gateway = _generic(peer)
    reports = {
        "reports": [
            {"id": "a", "status": "delivered"},
            {"id": "b", "status": "expired", "error": "E7"},
            {"id": "c", "status": "sent"},
            {"id": "d", "status": "whatever"},
        ]
    }
    read = gateway.reports(_posted(reports))
    assert [(one.reference, one.outcome.value, one.error) for one in read] == [
        ("a", "arrived", ""),
        ("b", "failed", "E7"),
        ("c", "under_way", ""),
        ("d", "unknown", ""),
    ]
    [message] = gateway.messages(
        _posted({"messages": [{"id": 5, "from": f"+86{TO}", "to": "106902", "text": "好"}]})
    )
    assert (message.number, message.recipient, message.text, message.reference) == (
        f"+86{TO}",
        "106902",
        "好",
        "5",
    )


def test_what_is_not_signed_by_the_provider_is_nobodys(peer: Provider) -> None:
    gateway = _generic(peer)
    for said in (
        _posted({"reports": []}, secret="another"),
        Said(b'{"reports": []}'),
        Said(b"", headers={"x-signature": "", "x-timestamp": ""}),
    ):
        with pytest.raises(NotTheProvider):
            gateway.reports(said)
    signed = _posted({"reports": []})
    signed.body += b" "
    with pytest.raises(NotTheProvider):
        gateway.reports(signed)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"reports": 7}', b'{"reports": [{"id": []}]}']
)
def test_signed_nonsense_is_unreadable_and_nothing_worse(peer: Provider, body: bytes) -> None:
    gateway = _generic(peer)
    with pytest.raises(Unreadable):
        gateway.reports(_posted(body))


def test_kannel_says_which_alphabet_it_uses() -> None:
    values = {"URL": "http://k", "USERNAME": "u", "PASSWORD": "p", "KEY": "k" * 16}
    gateway = HttpGateway(templates.load("kannel"), values, source="1069", base_url="http://b")
    said = Said(
        "您好".encode("utf-16-be"),
        query={"key": "k" * 16},
        headers={
            "content-type": 'text/plain; charset="UTF-16BE"',
            "x-kannel-from": TO,
            "x-kannel-to": "106901",
        },
    )
    [message] = gateway.messages(said)
    assert (message.number, message.recipient, message.text) == (TO, "106901", "您好")


# What a template may say

GOOD = """
name = "good"
settings = ["URL", "KEY"]
[send]
url = "{URL}"
body = "json"
[send.fields]
to = "{to}"
text = "{text}"
[inbound]
number = "json:from"
text = "json:text"
secret = { source = "header:X-Key", setting = "KEY" }
"""


def test_the_templates_that_ship_are_good() -> None:
    assert templates.parse(GOOD).name == "good"
    for name in ("kannel", "generic"):
        assert templates.load(name).name == name


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('name = "good"', "", "missing required field `name`"),
        ('body = "json"', 'body = "xml"', "Invalid enum value 'xml' - at `.+body`"),
        ('body = "json"', 'body = "json"\nmethod = "GET"', "unknown field `method`"),
        ('body = "json"', 'body = "text"', "send.text"),
        ('url = "{URL}"', 'url = "{URL}?to={to}"', "nothing personal in an address"),
        ('url = "{URL}"', 'url = "ftp://x"', "send.url"),
        ('to = "{to}"', 'to = "{phone}"', r"\{phone\} means nothing here"),
        ('text = "{text}"', 'text = "hi"', "neither the text nor the number"),
        ('"json:from"', '"json from"', "inbound.number"),
        ('"json:from"', '"status"', "only an answer has a status"),
        ('setting = "KEY"', 'setting = "OTHER"', "not among the settings"),
        ("secret = {", "#", "needs either a secret or a signature"),
        ('["URL", "KEY"]', '["URL", "key"]', "no name of a setting"),
        ('name = "good"', "name = ", "not TOML"),
    ],
)
def test_a_template_that_cannot_work_is_refused_with_the_reason(
    old: str, new: str, why: str
) -> None:
    assert old in GOOD
    with pytest.raises(templates.TemplateError, match=why):
        templates.parse(GOOD.replace(old, new))


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ('[send.compute.s]\nalgorithm = "md5"\nencoding = "hex"', "either over or sorted"),
        (
            '[send.compute.s]\nalgorithm = "md5"\nencoding = "hex"\nover = "x"\nkey = "k"',
            "an hmac needs a key",
        ),
        (
            '[send.compute.text]\nalgorithm = "md5"\nencoding = "hex"\nover = "x"',
            "means nothing else yet",
        ),
        ('[send.headers]\n"X Y" = "a"', "no name of a header"),
        ('[send.answer]\nreference = "header:x"', "json:… only"),
        ('[send.answer]\naccepted = { source = "text" }', "nothing to compare"),
        (
            """
            [report]
            reference = "json:a"
            outcome = "json:b"
            arrived = []
            failed = []
            [report.signature]
            source = "header:s"
            [report.signature.digest]
            algorithm = "sha256"
            encoding = "hex"
            over = "{body}"
            """,
            "anybody could sign",
        ),
    ],
)
def test_a_part_that_cannot_work_is_refused_with_the_reason(more: str, why: str) -> None:
    with pytest.raises(templates.TemplateError, match=why):
        templates.parse(GOOD + more)


def test_no_file_is_no_template(tmp_path: Any) -> None:
    for name in ("nothing", str(tmp_path / "no.toml"), "../../secrets"):
        with pytest.raises(templates.TemplateError):
            templates.load(name)


def test_a_file_of_the_operators_own_is_read(tmp_path: Any) -> None:
    file = tmp_path / "ours.toml"
    file.write_text(GOOD)
    assert templates.load(str(file)).name == "good"


def test_missing_settings_and_short_secrets_are_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="HUIYIN_SMS_HTTP_KEY"):
        _gateway(GOOD, URL="http://x")
    with pytest.raises(ImproperlyConfigured, match="at least 16"):
        _gateway(GOOD, URL="http://x", KEY="short")


def test_a_header_cannot_be_broken_out_of(peer: Provider) -> None:
    gateway = _gateway(
        f"""
        name = "h"
        [send]
        url = "{peer.url}"
        body = "text"
        text = "{{to}}"
        [send.headers]
        X-Text = "{{text}}"
        """
    )
    for text in ("a\r\nX-Evil: 1", "您好"):
        with pytest.raises(SmsFailed) as failed:
            gateway.send(text, to=TO, key="k")
        assert failed.value.permanent
    assert peer.received == []
