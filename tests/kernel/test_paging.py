import pytest

from huiyin.directory.models import Region
from huiyin.kernel.paging import page
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


@pytest.mark.parametrize(
    "cursor", ["x", "AAAA", "W10", "e30", "WzEsMiwzXQ", "WyJhIiwgIngiXQ", "💥"]
)
def test_a_foreign_cursor_is_refused(regions: None, cursor: str) -> None:
    with pytest.raises(Invalid) as refused:
        page(Region.objects.all(), key="code", cursor=cursor, size=3)
    assert refused.value.field == "cursor"
