from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation
from pytest_django import DjangoAssertNumQueries

from huiyin.calendars import audit, services
from tests.support.product import demo_environment, run

HEADER = "id,start_local,amount,unit,asof\n"


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def asked(tmp_path: Path, text: str | bytes) -> Path:
    file = tmp_path / "periods.csv"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


def answered(file: Path, **options: object) -> list[dict[str, str]]:
    out = io.StringIO()
    call_command("deadlines", file, stdout=out, stderr=io.StringIO(), **options)
    return list(csv.DictReader(io.StringIO(out.getvalue())))


def refused(file: Path, **options: object) -> str:
    out, err = io.StringIO(), io.StringIO()
    with pytest.raises(CommandError) as caught:
        call_command("deadlines", file, stdout=out, stderr=err, **options)
    assert caught.value.returncode == 2
    assert out.getvalue() == ""
    return err.getvalue() + str(caught.value)


@pytest.mark.django_db
def test_each_period_is_answered_as_the_calendar_was_known_on_its_day(tmp_path: Path) -> None:
    file = asked(
        tmp_path,
        HEADER
        + "known,2020-01-15,5,working_day,2020-01-15\n"
        + "before,2020-01-15 10:00,10,working_day,2020-01-26\n"
        + "after,2020-01-15T10:00:00,10,working_day,2020-01-27\n"
        + "now,2020-01-15,10,working_day,\n"
        + "early,2020-01-15,5,working_day,2019-11-20\n"
        + "next,2026-12-30,3,working_day,\n"
        + "natural,2026-04-30,5,natural_day,\n"
        + "month,2026-01-31,1,month,\n",
    )

    assert [tuple(row.values()) for row in answered(file)] == [
        ("known", "2020-01-21T24:00:00+08:00", "false", "CN-2020.1"),
        ("before", "2020-02-03T24:00:00+08:00", "false", "CN-2020.1"),
        ("after", "2020-02-05T24:00:00+08:00", "false", "CN-2020.2"),
        ("now", "2020-02-05T24:00:00+08:00", "false", "CN-2020.2"),
        ("early", "2020-01-22T24:00:00+08:00", "true", "CN-2020.0"),
        ("next", "2027-01-05T24:00:00+08:00", "true", "CN-2026.1+CN-2027.0"),
        ("natural", "2026-05-06T24:00:00+08:00", "false", "CN-2026.1"),
        ("month", "2026-02-28T24:00:00+08:00", "false", "CN-2026.1"),
    ]


@pytest.mark.django_db
def test_the_header_of_the_answer_is_what_auditors_read(tmp_path: Path) -> None:
    out = io.StringIO()
    call_command("deadlines", asked(tmp_path, HEADER), stdout=out)

    assert out.getvalue() == "id,due_local,provisional,calendar_version\n"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("start", "last_day"),
    [
        ("2026-03-02T15:59:59Z", "2026-03-03"),
        ("2026-03-02T16:00:00Z", "2026-03-04"),
        ("2026-03-02T23:59:59+08:00", "2026-03-03"),
        ("2026-03-02 23:59", "2026-03-03"),
    ],
)
def test_a_moment_counts_for_the_day_it_is_in_china(
    tmp_path: Path, start: str, last_day: str
) -> None:
    [row] = answered(asked(tmp_path, f"{HEADER}a,{start},1,working_day,\n"))

    assert row["due_local"] == f"{last_day}T24:00:00+08:00"


@pytest.mark.django_db
def test_columns_may_come_in_any_order_with_a_byte_order_mark_and_others_are_not_read(
    tmp_path: Path,
) -> None:
    text = '\ufeffUNIT,amount,note,start_local,id\r\nmonth,1,,2026-01-05,"甲,1"\r\n\r\n'
    err = io.StringIO()
    out = io.StringIO()
    call_command("deadlines", asked(tmp_path, text), stdout=out, stderr=err)

    assert "2026-02-05T24:00:00+08:00" in out.getvalue()
    assert '"甲,1"' in out.getvalue()
    assert "Not read: note" in err.getvalue()


@pytest.mark.django_db
def test_every_row_that_cannot_be_answered_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    output = tmp_path / "answer.csv"
    output.write_text("as before")
    told = refused(
        asked(
            tmp_path,
            HEADER
            + "good,2020-01-15,5,working_day,\n"
            + "a,2020-02-30,5,working_day,\n"
            + "b,2020-01-15,0,working_day,\n"
            + "c,2020-01-15,five,working_day,\n"
            + "d,2020-01-15,5,week,\n"
            + "e,2020-01-15,5,month,yesterday\n"
            + ",2020-01-15,5,month,\n"
            + "f,2020-01-15\n"
            + "g,9999-12-31,5,natural_day,\n"
            + "h,2020-01-15,1001,working_day,\n",
        ),
        output=output,
    )

    for line, column in enumerate(
        (
            "start_local",
            "amount",
            "amount",
            "unit",
            "asof",
            "id",
            "2 cells",
            "start_local",
            "amount",
        ),
        start=3,
    ):
        assert f"periods.csv:{line}: {column}" in told
    assert "9 rows cannot be answered" in told
    assert output.read_text() == "as before"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["answer.csv", "periods.csv"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"id,amount\n", "start_local"),
        (b"id,id,start_local,amount,unit\n", "twice"),
        (HEADER.encode() + b"a,2020-01-15,5,month,\n\xff\xfe\n", "UTF-8"),
        (HEADER.encode() + b'a,"2020-01-15,5,month,\n', "not csv"),
    ],
)
def test_a_file_that_is_no_list_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    assert reason in refused(asked(tmp_path, content))


@pytest.mark.django_db
def test_a_file_that_is_not_there_is_a_named_problem(tmp_path: Path) -> None:
    assert "nothing.csv" in refused(tmp_path / "nothing.csv")


@pytest.mark.django_db
def test_the_answer_goes_into_a_file_whole(tmp_path: Path) -> None:
    output = tmp_path / "answer.csv"
    file = asked(tmp_path, f"{HEADER}a,2020-01-15,5,working_day,\n")
    call_command("deadlines", file, output=output)

    assert "a,2020-01-21T24:00:00+08:00,false,CN-2020.2" in output.read_text()


@pytest.mark.django_db
def test_the_calendars_of_this_installation_answer_and_those_of_a_region(tmp_path: Path) -> None:
    services.publish_year(
        year=2031, days={"2031-04-24": "off"}, source="x", published_on=date(2030, 11, 1)
    )
    services.publish_year(year=2031, days={"2031-04-25": "off"}, source="x", region="450000000000")
    file = asked(tmp_path, f"{HEADER}a,2031-04-23,1,working_day,\n")

    [country] = answered(file)
    [guangxi] = answered(file, region="450100000000")
    assert country["due_local"].startswith("2031-04-25T24:00")
    assert (guangxi["due_local"][:10], guangxi["calendar_version"]) == (
        "2031-04-28",
        "CN-2031.1/450000.1",
    )
    assert "12 digits" in refused(file, region="45")


@pytest.mark.django_db
def test_many_rows_cost_as_few_queries_as_one(
    tmp_path: Path, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    rows = "".join(
        f"{n},20{10 + n % 16}-05-{1 + n % 28:02},{1 + n % 40},working_day,2{n % 3}23-01-01\n"
        for n in range(3000)
    )
    with django_assert_max_num_queries(2):
        assert len(answered(asked(tmp_path, HEADER + rows.replace("2023", "2020")))) == 3000


def test_the_reading_of_rows_is_a_stream() -> None:
    """The first answer is there before the second row was asked for."""

    def lines() -> Iterator[str]:
        yield HEADER
        yield "a,2020-01-15,5,working_day,\n"
        raise AssertionError("read too far")

    first = next(audit.answers(lines(), services.shipped()))
    assert isinstance(first, audit.Answer)


@pytest.mark.once
def test_it_answers_before_there_is_a_database(tmp_path: Path) -> None:
    file = asked(tmp_path, f"{HEADER}a,2020-01-15,5,working_day,\n")
    printed = run(demo_environment(tmp_path / "var", 0), "deadlines", str(file))

    assert printed.splitlines()[1] == "a,2020-01-21T24:00:00+08:00,false,CN-2020.2"
