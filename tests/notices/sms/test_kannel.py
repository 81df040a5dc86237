"""The whole way through a real gateway: the desk, Kannel, a phone, and back again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.parse import quote

import pytest

from huiyin.matters.table import Event, State
from huiyin.notices import relay, services
from huiyin.notices.dispatcher import Dispatcher
from huiyin.notices.models import InboundSms, RelayAttempt
from huiyin.notices.relay.gateway import GatewayRelay
from huiyin.notices.sms import gateway as gateways
from tests import factories
from tests.notices.sms import kannel
from tests.notices.support import drain

KEY = "a-key-that-kannel-knows"
OURS = "10690000"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not kannel.is_installed() and not os.environ.get("CI"),
        reason="Kannel is not on this machine (Debian: kannel, kannel-extras)",
    ),
]


@pytest.fixture
def gateway(
    live_server: Any, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[kannel.Kannel]:
    """Kannel, connected with this installation both ways."""
    assert kannel.is_installed(), "CI has to install kannel and kannel-extras"
    settings.HUIYIN_BASE_URL = live_server.url
    settings.HUIYIN_SMS_GATEWAY, settings.HUIYIN_SMS_TEMPLATE = "http", "kannel"
    settings.HUIYIN_SMS_SOURCE = OURS
    messages = f"{live_server.url}/gateways/sms/messages?key={KEY}"
    with kannel.kannel(tmp_path, messages_url=messages) as running:
        for name, value in {
            "URL": running.url,
            "USERNAME": kannel.USERNAME,
            "PASSWORD": kannel.PASSWORD,
            "KEY": KEY,
        }.items():
            monkeypatch.setenv(f"HUIYIN_SMS_HTTP_{name}", value)
        gateways.forget()
        before = relay.use(GatewayRelay())
        yield running
        relay.use(before)
        gateways.forget()


def _eventually(holds: Any) -> None:
    until = monotonic() + 20
    while not holds():
        assert monotonic() < until, "it does not come"
        sleep(0.05)


def _from_citizen(text: str, to: str = f"{OURS}01") -> str:
    return f"{factories.MOBILE} {to} ucs2 {quote(text.encode('utf-16-be'))}"


@pytest.mark.django_db(transaction=True)
def test_a_unit_writes_the_phone_has_it_and_the_citizen_answers(gateway: kannel.Kannel) -> None:
    loop = factories.loop()
    with gateway.phone() as phone:
        services.message_citizen(**loop.now(loop.handler), text="您好，请问何时方便？")
        assert phone.wait_for(1) == ["您好，请问何时方便？"]
        attempts = RelayAttempt.objects.filter(matter=loop.matter)
        _eventually(lambda: attempts.get().outcome == RelayAttempt.Outcome.ARRIVED)
    with gateway.phone(_from_citizen("明天上午九点可以，谢谢")):
        wrote = loop.matter.steps.filter(event=Event.CITIZEN_WRITES)
        _eventually(wrote.exists)
        assert wrote.get().data["text"] == "明天上午九点可以，谢谢"
    with gateway.phone(_from_citizen("退订")):
        _eventually(lambda: loop.again().contact_ended_at is not None)
    assert {row.outcome for row in InboundSms.objects.all()} == {"routed", "ended"}


@pytest.mark.django_db(transaction=True)
def test_a_long_reply_and_its_link_reach_the_phone(
    gateway: kannel.Kannel, dispatcher: Dispatcher
) -> None:
    loop = factories.loop(State.APPROVED)
    with gateway.phone() as phone:
        drain(dispatcher)
        [text] = phone.wait_for(1)
        assert text.startswith(f"{loop.organisation.name}已答复您的评价")
        assert loop.receipt.status_url in text
    assert loop.again().state == State.TOLD
    assert loop.matter.steps.get(event=Event.TELL).data["via"] == "relay"


@pytest.mark.django_db(transaction=True)
def test_a_wrong_password_is_said_and_nothing_is_recorded_as_sent(
    gateway: kannel.Kannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUIYIN_SMS_HTTP_PASSWORD", "another")
    gateways.forget()
    relay.use(GatewayRelay())
    loop = factories.loop()
    with pytest.raises(services.contacting.RelayDown):
        services.message_citizen(**loop.now(loop.handler), text="您好")
    assert RelayAttempt.objects.get().outcome == RelayAttempt.Outcome.FAILED
    assert not loop.matter.contact_attempts.exists()
