"""Text messages to staff: short, with a link, and with nothing of the citizen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from huiyin.notices import channels
from huiyin.notices.models import Channel, Outbox, Receipt
from huiyin.notices.sms import gateway as gateways
from huiyin.notices.sms import services as sms
from huiyin.notices.sms.gateway import SmsFailed
from huiyin.notices.transports import names, registry
from huiyin.notices.transports.sms_http.transport import HttpTransport
from tests import factories

pytestmark = pytest.mark.django_db


@dataclass
class Memory:
    """A gateway that only remembers."""

    code: str = "http"
    failure: SmsFailed | None = None
    sent: list[tuple[str, str, str]] = field(default_factory=list)

    def send(self, text: str, *, to: str, key: str, extension: str = "") -> tuple[str, ...]:
        if self.failure:
            raise self.failure
        self.sent.append((text, to, key))
        return ("p1", "p2")


@pytest.fixture
def memory(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Memory]:
    made = Memory()
    settings.HUIYIN_SMS_TEMPLATE = "generic"
    monkeypatch.setattr(gateways, "_made", lambda name: made)
    return made


def _notice(loop: factories.Loop, number: str | None = "+86 139-0000-1111") -> Outbox:
    if number is not None:
        channel = Channel(staff=loop.handler, transport=names.SMS_HTTP)
        channel.address_sealed = channels.sealed(channel, number)
        channel.save()
    notice = Outbox.objects.filter(staff=loop.handler, matter=loop.matter).first()
    assert notice is not None
    notice.transport = names.SMS_HTTP
    notice.save()
    return notice


def test_a_handler_is_told_in_one_sentence_with_a_link(memory: Memory) -> None:
    loop = factories.loop()
    notice = _notice(loop)
    result = HttpTransport().prepare(notice)()
    assert result.delivered
    [(text, to, key)] = memory.sent
    assert (to, key) == ("13900001111", notice.delivery_key)
    assert loop.matter.code in text
    assert text.endswith(f"http://testserver/desk/matters/{loop.matter.code}")
    for secret in (factories.NAME, factories.MOBILE, loop.receipt.code):
        assert secret not in text
    assert len(text) < 200


def test_the_receipts_of_all_parts_are_the_notices_receipt(memory: Memory) -> None:
    notice = _notice(factories.loop())
    transport = HttpTransport()
    result = transport.prepare(notice)()
    notice.reference = result.reference
    notice.save()
    transport.settle(notice, result)
    for part in ("p1", "p2"):
        assert not Receipt.objects.exists()
        sms.receive_receipt(gateway="http", reference=part, outcome="arrived")
    assert Receipt.objects.get(outbox=notice).kind == Receipt.Kind.ARRIVED


@pytest.mark.parametrize("number", [None, "", "no number"])
def test_who_has_no_number_is_not_tried_again(memory: Memory, number: str | None) -> None:
    result = HttpTransport().prepare(_notice(factories.loop(), number))()
    assert (result.delivered, result.permanent) == (False, True)
    assert memory.sent == []


@pytest.mark.parametrize("permanent", [True, False])
def test_a_gateway_that_fails_is_a_failed_try(memory: Memory, permanent: bool) -> None:
    memory.failure = SmsFailed("answered 500", permanent=permanent, status=500)
    result = HttpTransport().prepare(_notice(factories.loop()))()
    assert (result.delivered, result.permanent, result.status_code) == (False, permanent, 500)


def test_without_a_gateway_it_waits_for_one(settings: Any) -> None:
    result = HttpTransport().prepare(_notice(factories.loop()))()
    assert (result.delivered, result.permanent) == (False, False)
    assert not HttpTransport().is_set_up()


def test_both_ways_of_sending_are_transports() -> None:
    assert {names.SMS_SMPP, names.SMS_HTTP} <= {one.code for one in registry.REMOTE}
