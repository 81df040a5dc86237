"""The whole way through a real gateway: an invitation, Kannel, a phone, and the rating it sends."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.parse import quote

import pytest

from huiyin.intake.invitations import queries
from huiyin.intake.invitations.handing import loop
from huiyin.intake.invitations.models import Planned, Purpose, Reply, State
from huiyin.kernel import clock
from huiyin.notices.sms import gateway as gateways
from huiyin.reviews.models import Review
from tests import factories
from tests.intake.invitations import support
from tests.notices.sms import kannel

KEY = "a-key-that-kannel-knows"
OURS = "10690000"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        not kannel.is_installed() and not os.environ.get("CI"),
        reason="Kannel is not on this machine (Debian: kannel, kannel-extras)",
    ),
]


@pytest.fixture
def running(
    live_server: Any, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[kannel.Kannel]:
    """Kannel, connected with this installation both ways."""
    settings.HUIYIN_BASE_URL = live_server.url
    settings.HUIYIN_SMS_GATEWAY, settings.HUIYIN_SMS_TEMPLATE = "http", "kannel"
    settings.HUIYIN_SMS_SOURCE = OURS
    messages = f"{live_server.url}/gateways/sms/messages?key={KEY}"
    loop._pace.__dict__.clear()
    with kannel.kannel(tmp_path, messages_url=messages) as started:
        for name, value in {
            "URL": started.url,
            "USERNAME": kannel.USERNAME,
            "PASSWORD": kannel.PASSWORD,
            "KEY": KEY,
        }.items():
            monkeypatch.setenv(f"HUIYIN_SMS_HTTP_{name}", value)
        gateways.forget()
        yield started
        gateways.forget()


def _eventually(holds: Any) -> None:
    until = monotonic() + 30
    while not holds():
        assert monotonic() < until, "it does not come"
        sleep(0.05)


def _says(text: str, to: str = f"{OURS}001") -> str:
    return f"{factories.MOBILE} {to} ucs2 {quote(text.encode('utf-16-be'))}"


def test_an_invitation_reaches_the_phone_and_its_answer_is_a_review(
    running: kannel.Kannel,
) -> None:
    support.ladder(support.MESSAGE)
    event = support.served(clock.now() - 2 * support.DAY)
    support.plan()
    with running.phone() as phone:
        support.hand_over()
        [text] = phone.wait_for(1)
        assert event.organisation.name in text
        assert "/i/" in text
        arrived = Planned.objects.filter(state=State.ARRIVED)
        _eventually(arrived.exists)
    with running.phone(_says("２ 排队两小时")) as phone:
        _eventually(Reply.objects.filter(purpose=Purpose.CONFIRMATION).exists)
        support.answer_everybody()
        [text] = phone.wait_for(1)
        assert "/s/" in text
    stored = Review.objects.get()
    assert (stored.level, stored.text, stored.channel) == (2, "排队两小时", "sms")
    with running.phone(_says("退订")) as phone:
        _eventually(Reply.objects.filter(purpose=Purpose.OPT_OUT).exists)
        support.answer_everybody()
        [text] = phone.wait_for(1)
        assert "/invitations" in text
    assert queries.opted_out([support.hash_of(factories.MOBILE)])
