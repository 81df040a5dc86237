"""What is overdue enters the log, many clocks in one entry."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from huiyin.log import entries
from huiyin.log.models import Entry, PendingEntry
from huiyin.matters import services, sweeper
from huiyin.matters.models import Clock, Matter
from huiyin.matters.table import ClockKind
from tests import factories
from tests.support.clock import FrozenClock

pytestmark = pytest.mark.django_db


def _said() -> list[dict[str, Any]]:
    return [json.loads(entry.public) for entry in Entry.objects.filter(kind="lateness")]


def test_one_entry_says_what_is_overdue_at_a_unit_and_no_more(frozen_clock: FrozenClock) -> None:
    first, elsewhere = factories.loop(), factories.loop()
    unit = first.organisation
    factories.review(factories.event(unit), level=1, text="等候过久。")
    second = Matter.objects.filter(organisation=unit).exclude(pk=first.matter.pk).get()
    frozen_clock.move_by(days=3)
    sweeper.sweep()
    assert services.record_lateness(limit=10) == 3
    codes = {tuple(said["overdue"]["callback"]) for said in _said()}
    assert codes == {
        tuple(sorted([first.matter.code, second.code])),
        (elsewhere.matter.code,),
    }
    [entry] = Entry.objects.filter(kind="lateness", organisation=unit)
    assert bytes(entry.leaf_hash) == entries.leaf_hash(entry.public.encode())
    assert PendingEntry.objects.filter(entry=entry).exists()
    assert set(json.loads(entry.public)) == {
        *("v", "kind", "private", "matter_kind", "organisation", "region", "day", "overdue")
    }
    assert ":" not in json.loads(entry.public)["day"]


def test_a_clock_is_put_on_record_once(frozen_clock: FrozenClock) -> None:
    loop = factories.loop()
    frozen_clock.move_by(days=3)
    sweeper.sweep()
    assert sweeper.put_lateness_on_record() is False
    sweeper.put_lateness_on_record()
    [said] = _said()
    assert said["overdue"] == {"callback": [loop.matter.code]}
    assert loop.matter.clocks.get(kind=ClockKind.CALLBACK).lateness is not None


def test_what_was_done_late_before_the_record_was_made_is_on_record(
    frozen_clock: FrozenClock,
) -> None:
    loop = factories.loop()
    frozen_clock.move_by(days=3)
    sweeper.sweep()
    factories._verify(loop)
    assert services.record_lateness(limit=10) == 1


def test_what_is_in_time_is_not_on_record(frozen_clock: FrozenClock) -> None:
    factories.loop()
    frozen_clock.move_by(hours=33)
    sweeper.sweep()
    assert services.record_lateness(limit=10) == 0
    assert _said() == []


def test_days_are_kept_apart(frozen_clock: FrozenClock) -> None:
    factories.loop()
    frozen_clock.move_by(days=3)
    sweeper.sweep()
    frozen_clock.move_by(days=40)
    sweeper.sweep()
    assert services.record_lateness(limit=10) == 2
    assert len({said["day"] for said in _said()}) == 2


def test_the_number_of_statements_does_not_grow(frozen_clock: FrozenClock) -> None:
    def statements(loops: int) -> int:
        for _ in range(loops):
            factories.loop()
        frozen_clock.move_by(days=3)
        sweeper.sweep()
        with CaptureQueriesContext(connection) as captured:
            assert services.record_lateness(limit=100) >= loops
        assert not Clock.objects.filter(breached_at__isnull=False, lateness__isnull=True).exists()
        return len(captured)

    statements(1)
    # SQLite writes one row at a time, in one call.
    assert statements(4) <= statements(1)
