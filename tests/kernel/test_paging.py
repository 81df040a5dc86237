import base64
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from django.db.models import DateTimeField, Q, Value

from huiyin.directory.models import Region
from huiyin.kernel.paging import merged, page, row_by_row
from huiyin.kernel.problems import Invalid

pytestmark = pytest.mark.django_db


@pytest.fixture
def regions() -> None:
    Region.objects.all().delete()
    Region.objects.bulk_create(
        Region(code=f"33{n:010d}", name=f"name {n % 3}", level="county") for n in range(10)
    )


@pytest.mark.parametrize("key", ["code", "-code", "name", "-name"])
def test_pages_hold_every_row_once_and_in_order(regions: None, key: str) -> None:
    seen, cursor = [], None
    while True:
        found = page(Region.objects.all(), key=key, cursor=cursor, size=3)
        seen += found.rows
        cursor = found.next_cursor
        if cursor is None:
            break
    order = [key, "-pk" if key.startswith("-") else "pk"]
    assert seen == list(Region.objects.order_by(*order))


@pytest.mark.parametrize("key", ["name", "-name"])
def test_several_sources_make_one_list(regions: None, key: str) -> None:
    first = Region.objects.filter(code__lte="330000000003")
    rest = Region.objects.filter(code__gt="330000000003")
    seen, cursor = [], None
    while True:
        found = merged([first, rest], key=key, cursor=cursor, size=3)
        assert len(found.rows) <= 3
        seen += found.rows
        cursor = found.next_cursor
        if cursor is None:
            break
    assert seen == list(Region.objects.order_by(key, "-pk" if key.startswith("-") else "pk"))


def test_a_condition_judged_row_by_row_means_the_same(regions: None) -> None:
    condition = Q(name="name 1") & ~Q(code="330000000001")
    found = Region.objects.filter(row_by_row(condition)).order_by("code")
    assert list(found) == list(Region.objects.filter(condition).order_by("code"))


@pytest.mark.parametrize(
    "cursor", ["x", "AAAA", "W10", "e30", "WzEsMiwzXQ", "WyJhIiwgIngiXQ", "💥"]
)
def test_a_foreign_cursor_is_refused(regions: None, cursor: str) -> None:
    with pytest.raises(Invalid) as refused:
        page(Region.objects.all(), key="code", cursor=cursor, size=3)
    assert refused.value.field == "cursor"


def _cursor(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "text",
    [
        '[Infinity, "x"]',
        '[NaN, "x"]',
        '["0001-01-01T00:00:00+14:00", "x"]',
        '["9999-12-31T23:59:59-14:00", "x"]',
        '["a\\u0000", "x"]',
        '["2024-01-01T00:00:00+00:00", "\\u0000"]',
        "[" * 280,
        '[{"a": 1}, "x"]',
        "[[1], 1]",
        "[true, 1]",
        "[null, 1]",
        '["%s", 1]' % ("9" * 300),
        "[%s, 1]" % ("9" * 5000),
        "[1e400, 1]",
    ],
)
@pytest.mark.parametrize("key", ["code", "moment"])
def test_a_made_up_value_in_a_cursor_is_refused_or_harmless(
    regions: None, key: str, text: str
) -> None:
    moment = Value(datetime(2024, 1, 1, tzinfo=UTC), output_field=DateTimeField())
    with suppress(Invalid):
        page(Region.objects.annotate(moment=moment), key=key, cursor=_cursor(text), size=3)


def test_a_cursor_that_nests_deeply_or_is_very_long_is_refused(regions: None) -> None:
    for text in ("[" * 100_000, '["%s", 1]' % ("x" * 400)):
        with pytest.raises(Invalid):
            page(Region.objects.all(), key="code", cursor=_cursor(text), size=3)
