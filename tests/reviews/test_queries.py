from __future__ import annotations

import pytest
from django.utils import translation

from huiyin.reviews.models import ServiceEvent
from huiyin.reviews.queries import place_of
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({}, "测试大厅 · 12号窗口"),
        ({"window": "7"}, "测试大厅 · 7号窗口"),
        ({"window": "A01"}, "测试大厅 · A01 社会保障"),
        ({"window": None}, "测试大厅"),
        ({"hallName": None, "window": None}, ""),
    ],
)
def test_a_place_is_named_by_hall_and_counter(row: dict[str, str | None], said: str) -> None:
    unit = factories.organisation()
    hall = factories.organisation("测试大厅", at=unit.region)
    factories.counter(hall)
    named = factories.counter(hall, number="A01")
    named.name = "社会保障"
    named.save()
    event = factories.event(unit, **row)
    with translation.override("zh-hans"):
        assert place_of(ServiceEvent.objects.get(pk=event.pk)) == said
