from __future__ import annotations

from datetime import UTC, datetime

import pytest

from huiyin.conf import demo_events, seeding
from huiyin.directory import services as directory
from huiyin.kernel import clock
from huiyin.reviews.models import ServiceEvent

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _offices() -> None:
    seeding.seed_reference_data()
    directory.seed_demo(password="a river stone in May")
    demo_events.integrator_key("")


@pytest.mark.parametrize(
    ("now", "day"),
    [
        # Tuesday at noon, Tuesday after midnight, Sunday evening, after New Year's Day; all local.
        (datetime(2024, 3, 5, 4, 0, tzinfo=UTC), "2024-03-05"),
        (datetime(2024, 3, 4, 16, 30, tzinfo=UTC), "2024-03-04"),
        (datetime(2024, 3, 10, 12, 0, tzinfo=UTC), "2024-03-08"),
        (datetime(2024, 1, 1, 17, 0, tzinfo=UTC), "2023-12-29"),
    ],
)
def test_services_were_given_in_the_last_office_hours(now: datetime, day: str) -> None:
    with clock.frozen(now):
        assert len(demo_events.serve(30)) == 30
    for event in ServiceEvent.objects.all():
        given = clock.local(event.occurred_at)
        assert event.occurred_at <= now
        assert given.date().isoformat() == day
        assert 9 <= given.hour < 17


def test_every_service_was_given_at_a_window_of_its_own_body() -> None:
    demo_events.serve(60)
    served = ServiceEvent.objects.filter(online=False).select_related("organisation", "counter")
    windows = {(event.organisation.name[3:], event.counter.name) for event in served}
    assert windows == {
        ("市场监督管理局", "市场准入"),
        ("人力资源和社会保障局", "社会保障"),
        ("自然资源和规划局", "不动产登记"),
    }
