"""What the day holds: once each working day, and nothing when there is nothing to say."""

from datetime import datetime, timedelta

import pytest
from django.utils.translation import override

from huiyin.directory.models import Role
from huiyin.kernel import clock
from huiyin.kernel.clock import LOCAL
from huiyin.matters.table import State
from huiyin.notices import ladder, queries, services, wording
from huiyin.notices.dispatcher import Dispatcher
from huiyin.notices.models import Digest, Outbox
from huiyin.notices.transports import registry
from tests import factories
from tests.notices.support import Remembering, drain

pytestmark = pytest.mark.django_db

# A Tuesday, and the Saturday after it.
DAY = datetime(2026, 11, 24, 9, 0, tzinfo=LOCAL)
SATURDAY = DAY + timedelta(days=4)


def _write() -> None:
    while services.write_digests():
        pass


def test_everybody_hears_of_their_day_once(dispatcher: Dispatcher) -> None:
    with clock.frozen(DAY - timedelta(days=1)):
        loop = factories.loop()
        drafted = factories.loop(State.REPLY_DRAFTED)
    with clock.frozen(DAY):
        _write()
        _write()
        drain(dispatcher)
    digest = Digest.objects.get(staff=loop.handler)
    assert (digest.late, digest.due_today, digest.to_decide) == (0, 1, 0)
    assert Digest.objects.get(staff=drafted.approver).to_decide == 1
    assert digest.outbox
    assert digest.outbox.state == "delivered"
    with override("en"):
        assert wording.for_staff(digest.outbox).endswith(
            "0 late, 1 due today, 0 waiting for your decision."
        )
        assert wording.title_for_staff(digest.outbox) == "Your day, 24 November"
        assert "/desk/" in wording.letter_for_staff(digest.outbox)
    assert queries.digest_of(loop.handler, DAY.date()) == digest
    [item] = queries.inbox(loop.handler).filter(outbox__event="digest")
    assert item.outbox.matter is None
    told = Outbox.objects.filter(event="digest", staff=loop.handler)
    assert told.count() == 1


def test_late_is_late(dispatcher: Dispatcher) -> None:
    with clock.frozen(DAY - timedelta(days=7)):
        loop = factories.loop()
    with clock.frozen(DAY):
        _write()
    assert Digest.objects.get(staff=loop.handler).late == 1
    assert Digest.objects.get(staff=loop.supervisor).late == 1


def test_a_day_that_holds_nothing_is_silent() -> None:
    unit = factories.organisation()
    handler = factories.staff(Role.HANDLER, of=unit)
    with clock.frozen(DAY):
        _write()
    assert Digest.objects.get(staff=handler).outbox is None
    assert queries.digest_of(handler, DAY.date()) is None
    assert not Outbox.objects.filter(event="digest").exists()


@pytest.mark.parametrize("moment", [DAY.replace(hour=8, minute=29), SATURDAY])
def test_nothing_comes_before_its_hour_or_on_a_day_off(moment: datetime) -> None:
    with clock.frozen(DAY - timedelta(days=1)):
        factories.loop()
    with clock.frozen(moment):
        _write()
    assert not Digest.objects.exists()


def test_it_goes_by_the_first_channel_only(monkeypatch: pytest.MonkeyPatch) -> None:
    remote = tuple(Remembering(code) for code in ("email", "sms_http"))
    monkeypatch.setattr(registry, "REMOTE", remote)
    with clock.frozen(DAY - timedelta(days=1)):
        loop = factories.loop()
    Outbox.objects.update(next_channel_at=None)
    for transport, address in (("email", "li@example.gov.cn"), ("sms_http", "13900000000")):
        services.give_address(
            staff=loop.handler, transport=transport, address=address, by=loop.handler
        )
    with clock.frozen(DAY):
        _write()
        ladder.fall_back()
    with clock.frozen(DAY + timedelta(days=1, hours=-1)):
        ladder.fall_back()
    remote_notices = Outbox.objects.exclude(transport="inbox").filter(staff=loop.handler)
    assert [notice.transport for notice in remote_notices] == ["email"]


def test_the_badge_of_unread_notices_does_not_count_it(dispatcher: Dispatcher) -> None:
    with clock.frozen(DAY - timedelta(days=1)):
        loop = factories.loop()
        drain(dispatcher)
    before = queries.unread_count(loop.handler)
    with clock.frozen(DAY):
        _write()
        drain(dispatcher)
    assert queries.unread_count(loop.handler) == before
