"""``huiyin import-events``: three formats that agree, rejected rows that can be replayed."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from openpyxl import Workbook

from huiyin.intake.events.files import REJECT_FIELD, REJECT_REASON
from huiyin.reviews.models import Case, Integrator, ServiceEvent
from tests import factories
from tests.factories import event_row

pytestmark = pytest.mark.django_db
Rows = list[dict[str, Any]]


@pytest.fixture
def pusher() -> Integrator:
    return factories.integrator(name="省统一受理平台")[0]


def as_csv(rows: Rows, path: Path, encoding: str = "utf-8-sig") -> Path:
    names = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)
    return path


def as_jsonl(rows: Rows, path: Path) -> Path:
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_text("\n".join(lines) + "\n\n", encoding="utf-8")
    return path


def as_xlsx(rows: Rows, path: Path) -> Path:
    """As people keep such lists: dates are dates, numbers are numbers, identities are text."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    book = Workbook()
    sheet = book.active
    assert sheet
    sheet.append(names)
    for row in rows:
        cells: list[Any] = []
        for name in names:
            value = row.get(name)
            if name.endswith(("Date", "Time")) and isinstance(value, str) and value[:2] == "20":
                value = datetime.fromisoformat(value)
            elif name in {"serviceNumber", "proStatus", "mobile", "areaCode"}:
                value = int(value) if isinstance(value, str) and value.isdigit() else value
            cells.append(value)
        sheet.append(cells)
    book.save(path)
    return path


def mixed(count: int) -> Rows:
    """``count`` events, every third one faulty in one of several ways."""
    body = factories.organisation()
    ways: Rows = [
        {"mobile": "0571-88888888"},
        {"deptCode": factories.uscc()},
        {"areaCode": "339999"},
        {"proStatus": "7"},
        {"serviceTime": "yesterday"},
        {"taskCode": "123"},
        {"userName": ""},
    ]
    rows = []
    for place in range(count):
        row = event_row(body, projectNo=f"NO-{place:04}", serviceNumber=str(place % 3 + 1))
        rows.append(row | ways[place // 3 % len(ways)] if place % 3 == 2 else row)
    return rows


def run(path: Path, *more: str) -> tuple[int, str]:
    """Exit status and output."""
    out = io.StringIO()
    status = 0
    try:
        call_command(
            "import_events",
            str(path),
            "--integrator",
            "省统一受理平台",
            "--verbosity=0",
            *more,
            stdout=out,
        )
    except SystemExit as stop:
        status = int(stop.code or 0)
    return status, out.getvalue()


@pytest.mark.parametrize("write", [as_csv, as_jsonl, as_xlsx])
def test_two_hundred_mixed_events_from_each_format_get_the_same_verdicts(
    write: Any, pusher: Integrator, tmp_path: Path
) -> None:
    rows = mixed(200)
    path = write(rows, tmp_path / f"events.{write.__name__.removeprefix('as_')}")

    status, output = run(path)

    stored = set(Case.objects.values_list("project_no", flat=True))
    assert status == 1
    assert stored == {f"NO-{place:04}" for place in range(200) if place % 3 != 2}
    assert "134" in output
    assert "66" in output
    event = ServiceEvent.objects.select_related("case").get(case__project_no="NO-0001")
    assert event.service_number == 2
    assert abs((event.case.accepted_on - event.occurred_at).total_seconds()) < 1


@pytest.mark.parametrize("write", [as_csv, as_jsonl, as_xlsx])
def test_rejected_rows_can_be_corrected_and_replayed_as_they_are(
    write: Any, pusher: Integrator, tmp_path: Path
) -> None:
    rows = mixed(30)
    path = write(rows, tmp_path / f"events.{write.__name__.removeprefix('as_')}")
    run(path)
    [rejected] = tmp_path.glob("events.rejected.*")
    again_status, _output = run(rejected)
    assert again_status == 1
    assert Case.objects.count() == 20

    good = {row["projectNo"]: event_row(factories.organisation()) for row in rows}
    if rejected.suffix == ".jsonl":
        found = [json.loads(line) for line in rejected.read_text("utf-8").splitlines()]
    else:
        with rejected.open(encoding="utf-8-sig", newline="") as file:
            found = list(csv.DictReader(file))
    assert len(found) == 10
    for row in found:
        faulty = row[REJECT_FIELD]
        assert faulty in row[REJECT_REASON]
        row[faulty] = good[row["projectNo"]][faulty]
        row["deptCode"] = rows[0]["deptCode"]
    corrected = tmp_path / f"corrected{rejected.suffix}"
    (as_jsonl if rejected.suffix == ".jsonl" else as_csv)(found, corrected)

    status, _output = run(corrected)

    assert status == 0
    assert Case.objects.count() == 30


def test_running_an_import_again_stores_nothing_twice(pusher: Integrator, tmp_path: Path) -> None:
    path = as_csv([event_row(factories.organisation()) for _place in range(5)], tmp_path / "a.csv")

    assert run(path)[0] == run(path)[0] == 0
    assert ServiceEvent.objects.count() == 5
    assert not list(tmp_path.glob("*.rejected*"))


def test_more_than_a_thousand_rows_come_in_batches(pusher: Integrator, tmp_path: Path) -> None:
    body = factories.organisation()
    path = as_jsonl([event_row(body) for _place in range(1100)], tmp_path / "many.jsonl")

    assert run(path)[0] == 0
    assert ServiceEvent.objects.count() == 1100


def test_a_csv_of_a_chinese_spreadsheet_is_understood(pusher: Integrator, tmp_path: Path) -> None:
    rows = [event_row(factories.organisation())]

    assert run(as_csv(rows, tmp_path / "gb.csv", encoding="gb18030"))[0] == 0
    assert Case.objects.get().item_name == "社会保障卡申领"


def test_a_trial_stores_nothing_and_tells_what_would_be_rejected(
    pusher: Integrator, tmp_path: Path
) -> None:
    status, output = run(as_csv(mixed(9), tmp_path / "a.csv"), "--dry-run")

    assert status == 1
    assert not Case.objects.exists()
    assert "6" in output


def test_lines_that_are_no_rows_are_rejected_alone(pusher: Integrator, tmp_path: Path) -> None:
    good = json.dumps(event_row(factories.organisation()))
    twice = good[:-1] + ', "mobile": "13800001235"}'
    path = tmp_path / "a.jsonl"
    path.write_text(f'{good}\nnonsense\n[1]\n{twice}\n"\\ud800"\n', encoding="utf-8")

    assert run(path)[0] == 1
    assert Case.objects.count() == 1
    rejected = (tmp_path / "a.rejected.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)[REJECT_FIELD] for line in rejected] == [
        "(row)",
        "(row)",
        "mobile",
        "(row)",
    ]
    assert run(tmp_path / "a.rejected.jsonl")[0] == 1


def test_cells_beyond_the_named_columns_are_rejected_and_kept(
    pusher: Integrator, tmp_path: Path
) -> None:
    path = as_csv([event_row(factories.organisation())], tmp_path / "a.csv")
    text = path.read_text("utf-8-sig")
    path.write_text(text.rstrip() + ",surplus\n", encoding="utf-8")

    assert run(path)[0] == 1
    assert "surplus" in (tmp_path / "a.rejected.csv").read_text("utf-8-sig")
    assert run(tmp_path / "a.rejected.csv")[0] == 1
    assert not Case.objects.exists()


def test_an_earlier_file_of_rejected_rows_is_not_overwritten(
    pusher: Integrator, tmp_path: Path
) -> None:
    path = as_csv(mixed(3), tmp_path / "a.csv")
    run(path)
    (tmp_path / "a.rejected.csv").write_text("being corrected", encoding="utf-8")

    run(path)

    assert (tmp_path / "a.rejected.csv").read_text("utf-8") == "being corrected"
    assert (tmp_path / "a.rejected-2.csv").exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.xlsx", b"this is not a workbook"),
        ("a.xlsx", b"PK\x03\x04 neither is this"),
        ("a.xlsx", b""),
        ("a.csv", b""),
        ("a.csv", b"areaCode,areaCode\n1,2\n"),
        ("a.csv", b"\xff\xfe\x00a"),
        ("a.txt", b"areaCode\n330106\n"),
    ],
)
def test_a_file_that_is_not_what_it_says_changes_nothing(
    name: str, content: bytes, pusher: Integrator, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)

    with pytest.raises(CommandError) as refusal:
        run(tmp_path / name)

    assert refusal.value.returncode == 2
    assert not Case.objects.exists()
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_missing_file_or_integrator_is_told(pusher: Integrator, tmp_path: Path) -> None:
    with pytest.raises(CommandError):
        run(tmp_path / "nowhere.csv")
    pusher.active = False
    pusher.save()
    with pytest.raises(CommandError):
        run(as_csv([event_row(factories.organisation())], tmp_path / "a.csv"))


def test_a_number_that_lost_digits_in_a_spreadsheet_is_refused(
    pusher: Integrator, tmp_path: Path
) -> None:
    row = event_row(factories.organisation()) | {"certKey": 330106199001011234}

    assert run(as_xlsx([row], tmp_path / "a.xlsx"))[0] == 1
    assert "certKey" in (tmp_path / "a.rejected.csv").read_text("utf-8-sig")
