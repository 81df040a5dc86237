"""``huiyin import-reviews``: formats that agree, files that break off, figures kept apart."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from huiyin.conf import integrity
from huiyin.indicators.models import Tally
from huiyin.intake.events.files import REJECT_REASON, Unreadable
from huiyin.intake.imports import importing
from huiyin.intake.imports.pieces import open_pieces
from huiyin.log.models import Entry
from huiyin.matters.models import Matter
from huiyin.reviews.models import (
    ImportedChunk,
    ImportedFile,
    ImportedReview,
    ImportSource,
    Review,
)
from tests import factories
from tests.support.epochs import seal

Rows = list[dict[str, Any]]
NAMES = (
    "deptCode",
    "taskCode",
    "window",
    "channel",
    "satisfaction",
    "evalDetail",
    "assessTime",
    "reference",
)


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def body(db: None) -> str:
    return factories.organisation().uscc


def rows(body: str, count: int, *, first: int = 1) -> Rows:
    return [
        {
            "deptCode": body,
            "taskCode": "1" * 31,
            "window": "12",
            "channel": "web" if number % 3 else "hotline",
            "satisfaction": str(5 - number % 5),
            "evalDetail": "510,501" if number % 5 == 0 else "",
            "assessTime": f"2023-07-{number % 28 + 1:02} 10:15:00",
            "reference": f"R{number}",
        }
        for number in range(first, first + count)
    ]


def as_csv(found: Rows, path: Path, *, encoding: str = "utf-8-sig") -> Path:
    names = list(dict.fromkeys(name for row in found for name in row)) or list(NAMES)
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, names)
    writer.writeheader()
    writer.writerows(found)
    written = text.getvalue().encode(encoding)
    path.write_bytes(gzip.compress(written) if path.suffix == ".gz" else written)
    return path


def as_jsonl(found: Rows, path: Path) -> Path:
    written = "\n".join(json.dumps(row, ensure_ascii=False) for row in found).encode()
    path.write_bytes(gzip.compress(written) if path.suffix == ".gz" else written)
    return path


def as_xlsx(found: Rows, path: Path) -> Path:
    """As people keep such lists: dates are dates, numbers are numbers."""
    names = list(dict.fromkeys(name for row in found for name in row))
    book = Workbook()
    sheet = book.active
    assert sheet
    sheet.append(names)
    for row in found:
        cells = dict(row)
        cells["satisfaction"] = int(row["satisfaction"])
        cells["assessTime"] = datetime.fromisoformat(row["assessTime"])
        sheet.append([cells[name] for name in names])
    book.save(path)
    return path


def run(
    *files: Path, by: str, best: int = 5, source: str = "旧平台", more: tuple[str, ...] = ()
) -> tuple[int, str]:
    """Exit status and output. Raises ``CommandError`` where a file is refused."""
    out = io.StringIO()
    status = 0
    try:
        call_command(
            "import_reviews",
            *map(str, files),
            f"--source={source}",
            f"--by={by}",
            f"--best={best}",
            "--verbosity=0",
            *more,
            stdout=out,
        )
    except SystemExit as stop:
        status = int(stop.code or 0)
    return status, out.getvalue()


def stored() -> list[tuple[Any, ...]]:
    return sorted(
        ImportedReview.objects.values_list(
            "organisation__uscc", "item_code", "counter_number", "channel", "level", "tags", "day"
        )
    )


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.jsonl", "a.jsonl.gz", "a.xlsx"])
def test_all_formats_say_the_same(name: str, body: str, tmp_path: Path) -> None:
    write = {"csv": as_csv, "jsonl": as_jsonl, "xlsx": as_xlsx}[name.split(".")[1]]
    path = write(rows(body, 60), tmp_path / name)

    status, said = run(path, by=body)

    assert status == 0
    assert "60 imported" in said
    expected = sorted(
        (
            body,
            "1" * 31,
            "12",
            row["channel"],
            int(row["satisfaction"]),
            ",".join(sorted(filter(None, row["evalDetail"].split(",")))),
            date.fromisoformat(row["assessTime"][:10]),
        )
        for row in rows(body, 60)
    )
    assert stored() == expected
    assert list(tmp_path.glob("*.rejected*")) == []


def test_they_are_in_no_headline_and_open_no_matter(body: str, tmp_path: Path) -> None:
    run(as_csv(rows(body, 50), tmp_path / "a.csv"), by=body)
    seal()
    assert (Review.objects.count(), Matter.objects.count()) == (0, 0)
    tallies = Tally.objects.values_list("metric", "trust", "amount")
    assert {(metric, trust) for metric, trust, _amount in tallies} == {("review", "imported")}
    assert sum(amount for *_key, amount in tallies) == 50


def test_the_same_file_again_changes_nothing(body: str, tmp_path: Path) -> None:
    found = rows(body, 20)
    for row in found:
        del row["reference"]
    path = as_csv(found, tmp_path / "a.csv")
    run(path, by=body)
    entries = Entry.objects.count()
    _status, said = run(path.rename(tmp_path / "b.csv"), by=body)
    assert "20 imported" in said
    assert (ImportedReview.objects.count(), Entry.objects.count()) == (20, entries)


def test_a_reference_is_imported_once_whichever_file_it_comes_in(
    body: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "PIECE", 15)
    monkeypatch.setattr(importing, "TOGETHER", 2)
    run(as_csv(rows(body, 50), tmp_path / "a.csv"), by=body)
    again = rows(body, 50, first=41) + rows(body, 5, first=88)
    _status, said = run(as_jsonl(again, tmp_path / "b.jsonl"), by=body)
    assert "42 imported, 13 known already" in said
    assert ImportedReview.objects.count() == 92
    # Another source's numbers are its own.
    _status, said = run(as_csv(rows(body, 7), tmp_path / "c.csv"), by=body, source="别的平台")
    assert "7 imported, 0 known" in said
    assert integrity.altered_imports(full=True) == 0


def test_rejected_rows_can_be_corrected_and_replayed(body: str, tmp_path: Path) -> None:
    found = rows(body, 10)
    found[3]["satisfaction"] = "满意"
    found[7]["assessTime"] = "2099-01-01"
    status, said = run(as_csv(found, tmp_path / "a.csv"), by=body)
    assert status == 1
    assert "8 imported, 0 known already, 2 rejected" in said
    rejected = tmp_path / "a.rejected.csv"
    with rejected.open(encoding="utf-8-sig", newline="") as file:
        wrong = list(csv.DictReader(file))
    assert [row["reference"] for row in wrong] == ["R4", "R8"]
    assert wrong[0][REJECT_REASON].startswith("satisfaction: ")
    assert run(rejected, by=body)[0] == 1

    for row in wrong:
        row |= {"satisfaction": "4", "evalDetail": "", "assessTime": "2023-07-01"}
    assert run(as_csv(wrong, tmp_path / "corrected.csv"), by=body)[0] == 0
    assert ImportedReview.objects.count() == 10


def test_files_of_one_name_do_not_share_their_rejected_rows(body: str, tmp_path: Path) -> None:
    """The first may go on after the second: it must not cut what the second wrote."""
    path = as_csv(rows(body, 3), tmp_path / "a.csv")
    run(path, by=body)
    wrong = [row | {"satisfaction": "x"} for row in rows(body, 2)]
    _status, said = run(as_csv(wrong, path), by=body)
    assert "a.rejected-2.csv" in said
    assert [file.rejects for file in ImportedFile.objects.order_by("pk")] == [
        "a.rejected.csv",
        "a.rejected-2.csv",
    ]


def test_ratings_that_nobody_gave_are_left_out_and_named(body: str, tmp_path: Path) -> None:
    found = [
        row | {"isdefault": "1" if place < 3 else "2"} for place, row in enumerate(rows(body, 10))
    ]
    status, said = run(as_csv(found, tmp_path / "a.csv"), by=body)
    assert status == 0
    assert "7 imported" in said
    assert "3 given by nobody" in said
    entry = json.loads(Entry.objects.get(kind="imported").public)
    assert (entry["reviews"], entry["defaults"]) == (7, 3)


def test_a_trial_counts_and_stores_nothing(body: str, tmp_path: Path) -> None:
    path = as_csv([row | {"evalDetail": ""} for row in rows(body, 10)], tmp_path / "a.csv")
    _status, said = run(path, by=body, best=1, more=("--dry-run",))
    assert "Very dissatisfied: 2" in said
    assert not ImportSource.objects.exists()
    assert not ImportedFile.objects.exists()


def test_tags_tell_that_the_wrong_end_was_called_best(body: str, tmp_path: Path) -> None:
    status, said = run(
        as_csv(rows(body, 10), tmp_path / "a.csv"), by=body, best=1, more=("--dry-run",)
    )
    assert status == 1
    assert "2 rejected" in said


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "name the fields"),
        ("organisation,level,day,channel\n", "no rows"),
        ("organisation,level,day,channel,姓名\nx,5,2023-07-01,web,张三\n", "no field called"),
        ("organisation,level,day\nx,5,2023-07-01\n", "lacks: channel"),
        ("organisation,deptCode,level,day,channel\na,b,5,2023-07-01,web\n", "mean the same"),
        ("organisation,level,day,pf\nx,5,2023-07-01,1\n", "--pf"),
        ('organisation,level,day,channel\nx,5,2023-07-01,web\n"x,5,2023-07-01,web\n', "Line 3"),
    ],
)
def test_a_file_that_is_not_right_is_refused_as_a_whole(
    content: str, expected: str, body: str, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(CommandError) as refused:
        run(path, by=body)
    assert expected in str(refused.value)
    assert "张三" not in str(refused.value)
    assert refused.value.returncode == 2
    assert not ImportedFile.objects.exists()


def test_half_a_packed_file_is_refused_as_a_whole(body: str, tmp_path: Path) -> None:
    path = as_csv(rows(body, 500), tmp_path / "a.csv.gz")
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(CommandError, match="damaged"):
        run(path, by=body)
    assert not ImportedFile.objects.exists()


def test_gb18030_is_read_as_what_it_is(body: str, tmp_path: Path) -> None:
    found = [row | {"window": "三号"} for row in rows(body, 3)]
    run(as_csv(found, tmp_path / "a.csv", encoding="gb18030"), by=body)
    assert {row[2] for row in stored()} == {"三号"}


def test_another_manner_source_or_body_for_what_is_known_is_refused(
    body: str, tmp_path: Path
) -> None:
    path = as_csv(rows(body, 5), tmp_path / "a.csv")
    run(path, by=body)
    with pytest.raises(CommandError):
        run(path, by=body, best=1)
    with pytest.raises(CommandError):
        run(path, by=body, source="别的平台")
    with pytest.raises(CommandError):
        run(as_csv(rows(body, 6), tmp_path / "b.csv"), by=factories.organisation().uscc)
    with pytest.raises(CommandError):
        run(path, by=factories.uscc())
    assert ImportedReview.objects.count() == 5


def test_rows_of_odd_lengths(body: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "organisation,level,day,channel,\n"
        f"{body},5,2023-07-01,web\n"  # short, nothing is missing
        "\n,,,,\n"  # no rows
        f"{body},5,2023-07-01,web,,more\n"
        f"{body},5,2023-07-01,web,unnamed\n"
        f"{body},5,2023-07-01\n",
        encoding="utf-8",
    )
    status, said = run(path, by=body)
    assert status == 1
    assert "1 imported, 0 known already, 3 rejected" in said


_RUN_UNTIL_KILLED = """
import os, signal, sys
import django; django.setup()
from django.core.management import call_command
from huiyin.intake.imports import importing
from huiyin.kernel import bulk
from huiyin.reviews import services

importing.PIECE, importing.TOGETHER = 20, 2
path, by, moment, left = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])

def dying(function):
    def after(*arguments, **named):
        global left
        result = function(*arguments, **named)
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    return after

if moment == "inside":
    bulk.insert_columns = dying(bulk.insert_columns)
elif moment == "after":
    services.import_reviews = dying(services.import_reviews)
elif moment == "before":
    importing._reject = dying(importing._reject)
call_command("import_reviews", path, "--source=s", "--by=" + by, "--best=5", "--verbosity=0")
"""


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_killed_again_and_again_it_goes_on_and_nothing_comes_twice(tmp_path: Path) -> None:
    body = factories.organisation().uscc
    found = rows(body, 400)
    for place, row in enumerate(found):
        # Without a reference nothing but the file's own place tells them apart.
        del row["reference"]
        if place % 10 == 9:
            row["satisfaction"] = f"bad-{place}"
    path = as_csv(found, tmp_path / "a.csv")
    database = connection.settings_dict
    if connection.vendor == "postgresql":
        place = f"postgres://postgres@/{database['NAME']}?host={database['HOST']}"
        where = {"HUIYIN_DATABASE_URL": place}
    else:
        (tmp_path / "huiyin.sqlite3").symlink_to(Path(database["NAME"]))
        where = {"HUIYIN_DATA_DIR": str(tmp_path)}
    chance = random.Random(4)
    kills = 0
    for _attempt in range(30):
        moment = chance.choice(["inside", "after", "before"])
        done = subprocess.run(
            [
                sys.executable,
                "-c",
                _RUN_UNTIL_KILLED,
                str(path),
                body,
                moment,
                str(chance.randint(1, 3)),
            ],
            env={**os.environ, **where},
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
        )
        if done.returncode != -signal.SIGKILL:
            break
        kills += 1
    assert done.returncode == 1, done.stderr
    assert kills >= 3
    assert ImportedReview.objects.count() == 360
    numbers = list(ImportedChunk.objects.order_by("number").values_list("number", "rows_read"))
    assert numbers == [(number, 40 * number) for number in range(1, 11)]
    with (tmp_path / "a.rejected.csv").open(encoding="utf-8-sig", newline="") as file:
        rejected = [row["satisfaction"] for row in csv.DictReader(file)]
    assert rejected == [f"bad-{place}" for place in range(9, 400, 10)]
    assert integrity.altered_imports(full=True) == 0
    seal()
    assert sum(Tally.objects.values_list("amount", flat=True)) == 360


@pytest.mark.once
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=300)
    | st.text(max_size=200).map(str.encode)
    | st.text(alphabet='a,"\n\r51-', max_size=80).map(
        lambda text: b"organisation,level,day,channel\n" + text.encode()
    ),
    st.sampled_from([".csv", ".jsonl", ".csv.gz", ".xlsx"]),
)
def test_any_bytes_are_rows_or_a_named_refusal(tmp_path: Path, content: bytes, suffix: str) -> None:
    path = tmp_path / f"fuzz{suffix}"
    path.write_bytes(content)
    try:
        with open_pieces(path) as opened:
            pieces = list(opened.pieces(0, 3))
    except Unreadable:
        return
    assert sum(piece.rows for piece in pieces) == opened.rows
    for piece in pieces:
        assert {len(column) for column in piece.columns.values()} == {piece.rows}
        assert all(piece.line(place) is not None for place in range(piece.rows))
