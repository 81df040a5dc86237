"""The reviews of a place by channel, service, reason, level and grade."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from huiyin.indicators.slices.dimensions import Dimension
from tests import factories

pytestmark = pytest.mark.django_db


def _reviews(unit, *levels: int) -> None:
    for level in levels:
        said = {"tags": ["214"]} if level == 2 else {}
        factories.review(factories.event(unit), level=level, **said)


@pytest.fixture
def unit():
    factories.reference_data()
    return factories.organisation()


@pytest.mark.parametrize("by", list(Dimension))
def test_each_has_a_page_and_says_so_when_there_is_nothing(client, publish, unit, by) -> None:
    address = f"/breakdown/?by={by.value}"
    assert client.get(address).status_code == 200
    factories.event(unit)
    publish()
    assert "暂时没有" in client.get(address).content.decode()


def test_rows_have_numbers_and_the_file_has_the_same(client, publish, unit) -> None:
    _reviews(unit, *[5] * 6, *[4] * 5)
    publish()
    address = f"/breakdown/?by=level&organisation={unit.uscc}&period=latest"
    page = client.get(address).content.decode()
    assert "11" not in page.split("<tbody>")[1].split("</tbody>")[0]
    rows = client.get(f"/api/v1/figures/slices?by=level&organisation={unit.uscc}").json()["members"]
    assert [(row["member"], row["reviews"]) for row in rows] == [("5", 6), ("4", 5)]
    download = page.split("download>")[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    assert client.get(download).content.decode("utf-8-sig").splitlines()[1].startswith("5,")


def test_few_reviews_make_no_row(client, publish, unit) -> None:
    _reviews(unit, 5, 5, 2, 4)
    publish()
    page = client.get(f"/breakdown/?by=level&organisation={unit.uscc}").content.decode()
    assert "<tbody>" not in page


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("by=counter", 404),
        ("by=item&organisation=nobody", 404),
        ("by=item&organisation=91330000MA27XF6Q3C", 404),
        ("by=item&region=110000", 404),
        ("by=item&region=%00", 404),
        ("by=item&period=2999-01", 400),
        ("by=item&period=yesterday", 400),
        ("by=item&period=2024-13", 400),
    ],
)
def test_what_there_is_not_is_refused(client, publish, unit, query, status) -> None:
    factories.event(unit)
    publish()
    assert client.get(f"/breakdown/?{query}").status_code == status


def test_the_number_of_queries_does_not_grow_with_the_reviews(client, publish, unit) -> None:
    def queries() -> int:
        client.get("/breakdown/?by=item")
        with CaptureQueriesContext(connection) as asked:
            client.get("/breakdown/?by=item")
        return len(asked)

    _reviews(unit, *[5] * 6)
    publish()
    few = queries()
    for _ in range(3):
        _reviews(factories.organisation(), *[5] * 8)
    publish()
    assert queries() == few
