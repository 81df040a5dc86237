"""Click-to-call: the contract of docs/reference/relay.md, checked as a provider would."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from standardwebhooks.webhooks import Webhook

from huiyin.kernel import clock
from huiyin.matters.models import ContactAttempt
from huiyin.notices import channels, relay, services
from huiyin.notices.errors import NoGateway, NoOwnNumber, RelayDown
from huiyin.notices.models import Channel, RelayAttempt
from huiyin.notices.relay import queries
from huiyin.notices.relay.gateway import GatewayRelay
from tests import factories
from tests.notices.sms.provider import Provider, provider, says

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
STAFF_PHONE = "13900001111"

pytestmark = pytest.mark.django_db


@pytest.fixture
def telephony(settings: Any) -> Iterator[Provider]:
    """A telephony provider, connected."""
    with provider() as running:
        running.answering = says(202)
        settings.HUIYIN_CALLS_URL, settings.HUIYIN_CALLS_SECRET = running.url, SECRET
        before = relay.use(GatewayRelay())
        yield running
        relay.use(before)


def _with_phone(loop: factories.Loop) -> factories.Loop:
    channel = Channel(staff=loop.handler, transport="sms_http")
    channel.address_sealed = channels.sealed(channel, f"+86 {STAFF_PHONE}")
    channel.save()
    return loop


def _call(loop: factories.Loop) -> RelayAttempt:
    return services.call_citizen(matter=loop.matter, staff=loop.handler)


def _sign(body: bytes, *, key: str = "report-1", at: Any = None, secret: str = SECRET) -> Any:
    """Signed with code of our own, as the provider's documentation would tell to."""
    stamp = str(int((at or clock.machine_now()).timestamp()))
    signed = f"{key}.{stamp}.".encode() + body
    raw = base64.b64decode(secret.removeprefix("whsec_"))
    mac = base64.b64encode(hmac.new(raw, signed, hashlib.sha256).digest()).decode()
    return {
        "HTTP_WEBHOOK_ID": key,
        "HTTP_WEBHOOK_TIMESTAMP": stamp,
        "HTTP_WEBHOOK_SIGNATURE": f"v1,{mac}",
    }


def _report(data: Any, **how: Any) -> int:
    body = json.dumps({"type": "call.outcome", "data": data}).encode()
    headers = how.pop("headers", None) or _sign(body, **how)
    answer = Client().post("/gateways/calls", body, content_type="application/json", **headers)
    return int(answer.status_code)


def test_the_provider_gets_both_numbers_signed_and_nobody_else_any(telephony: Provider) -> None:
    loop = _with_phone(factories.loop())
    placed = _call(loop)
    [got] = telephony.received
    said = Webhook(SECRET).verify(got.body, got.headers)
    assert said["type"] == "call.requested"
    assert said["data"] == {
        "call": placed.reference,
        "matter": loop.matter.code,
        "staff": STAFF_PHONE,
        "citizen": factories.MOBILE,
        "language": "zh-hans",
        "max_seconds": 1800,
        "callback_url": "http://testserver/gateways/calls",
    }
    assert got.headers["webhook-id"] == placed.reference
    assert factories.MOBILE not in repr(placed.__dict__)
    assert (placed.outcome, placed.staff) == (RelayAttempt.Outcome.PLACED, loop.handler)


def test_the_outcome_is_recorded_and_proposed_to_the_handler(telephony: Provider) -> None:
    loop = _with_phone(factories.loop())
    placed = _call(loop)
    assert queries.proposed_outcome(placed.reference) is None
    for outcome, seconds in (("ringing", None), ("answered", 84)):
        assert _report({"call": placed.reference, "outcome": outcome, "seconds": seconds}) == 204
    placed.refresh_from_db()
    assert (placed.outcome, placed.seconds) == ("answered", 84)
    assert queries.proposed_outcome(placed.reference) == ContactAttempt.Outcome.REACHED
    # What is recorded is still what the handler says.
    assert not ContactAttempt.objects.exists()


@pytest.mark.parametrize(
    ("reported", "proposed"),
    [
        ("no_answer", "no_answer"),
        ("busy", "busy"),
        ("unavailable", "unavailable"),
        ("failed", None),
    ],
)
def test_each_outcome_proposes_its_own(
    telephony: Provider, reported: str, proposed: str | None
) -> None:
    placed = _call(_with_phone(factories.loop()))
    assert _report({"call": placed.reference, "outcome": reported}) == 204
    assert queries.proposed_outcome(placed.reference) == proposed


def test_reports_may_come_late_and_twice(telephony: Provider) -> None:
    placed = _call(_with_phone(factories.loop()))
    for outcome in ("busy", "ringing", "answered", "busy"):
        assert _report({"call": placed.reference, "outcome": outcome}) == 204
    placed.refresh_from_db()
    assert placed.outcome == "busy"


def test_who_does_not_know_the_secret_finds_nothing_here(telephony: Provider) -> None:
    placed = _call(_with_phone(factories.loop()))
    data = {"call": placed.reference, "outcome": "busy"}
    other = "whsec_" + base64.b64encode(b"x" * 32).decode()
    assert _report(data, secret=other) == 404
    assert _report(data, at=clock.machine_now() - timedelta(minutes=6)) == 404
    assert _report(data, at=clock.machine_now() + timedelta(minutes=6)) == 404
    assert _report(data, headers={"HTTP_X": "1"}) == 404
    stolen = _sign(b"another body")
    assert _report(data, headers=stolen) == 404
    odd = {**stolen, "HTTP_WEBHOOK_TIMESTAMP": "１２３"}
    assert _report(data, headers=odd) == 404
    placed.refresh_from_db()
    assert placed.outcome == RelayAttempt.Outcome.PLACED


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        {"call": 7, "outcome": "busy"},
        {"call": "X", "outcome": "placed"},
        {"call": "X", "outcome": ["busy"]},
        {"call": "X", "outcome": "busy", "seconds": -1},
        {"call": "X", "outcome": "busy", "seconds": "many"},
        {"call": "X", "outcome": "busy", "seconds": True},
    ],
)
def test_signed_nonsense_is_refused(telephony: Provider, data: Any) -> None:
    assert _report(data) == 422


def test_a_call_that_we_never_asked_for_is_gone(telephony: Provider) -> None:
    assert _report({"call": "NOBODY", "outcome": "busy"}) == 410


def test_without_a_telephone_of_ones_own_one_is_told_so(telephony: Provider) -> None:
    loop = factories.loop()
    with pytest.raises(NoOwnNumber):
        _call(loop)
    assert telephony.received == []
    assert RelayAttempt.objects.get().outcome == RelayAttempt.Outcome.FAILED


@pytest.mark.parametrize("status", [400, 404, 500, 302])
def test_a_provider_that_refuses_places_no_call(telephony: Provider, status: int) -> None:
    telephony.answering = says(status)
    with pytest.raises(RelayDown):
        _call(_with_phone(factories.loop()))
    assert RelayAttempt.objects.get().outcome == RelayAttempt.Outcome.FAILED


def test_calls_alone_send_no_messages_and_say_so(telephony: Provider) -> None:
    loop = factories.loop()
    with pytest.raises(NoGateway):
        services.message_citizen(**loop.now(loop.handler), text="您好")
    assert not RelayAttempt.objects.exists()


def test_without_a_provider_nothing_listens(settings: Any) -> None:
    body = b"{}"
    answer = Client().post("/gateways/calls", body, content_type="application/json", **_sign(body))
    assert answer.status_code == 404


@pytest.mark.parametrize("secret", ["", "short", "whsec_", "whsec_!!!", "whsec_c2hvcnQ="])
def test_a_secret_that_is_none_is_refused_at_the_start(settings: Any, secret: str) -> None:
    settings.HUIYIN_CALLS_URL, settings.HUIYIN_CALLS_SECRET = "https://calls.example", secret
    with pytest.raises(ImproperlyConfigured, match="HUIYIN_CALLS_SECRET"):
        GatewayRelay()
