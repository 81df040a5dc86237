from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from huiyin.calendars.models import CalendarYear
from tests.calendars.test_notices import NOTICES

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def _file(folder: Path, text: str) -> str:
    path = folder / "notice.txt"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_notice_is_shown_first_and_published_when_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # The days of 2026 fall on the same weekdays in 2037.
    file = _file(tmp_path, NOTICES[2026].replace("2026年", "2037年").replace("2025年", "2036年"))
    call_command("import_calendar", file)

    shown = capsys.readouterr().out
    assert "2037-02-15 ~ 2037-02-23" in shown
    assert "Open deadlines that would move: 0." in shown
    assert not CalendarYear.objects.filter(year=2037).exists()

    call_command("import_calendar", file, publish=True)
    assert "Published: CN-2037.1." in capsys.readouterr().out
    row = CalendarYear.objects.get(year=2037)
    assert row.published_on == date(2036, 11, 4)
    assert row.source.startswith("国务院办公厅关于2037年部分节假日安排的通知")
    assert row.table().is_working(date(2037, 2, 14))


def test_a_text_in_doubt_is_not_published(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = _file(tmp_path, NOTICES[2026].replace("2026年", "2038年"))
    with pytest.raises(SystemExit) as left:
        call_command("import_calendar", file, publish=True)

    assert left.value.code == 1
    assert "The weekday is not that of the date" in capsys.readouterr().err
    assert not CalendarYear.objects.filter(year=2038).exists()


@pytest.mark.parametrize("text", ["", "好好工作。", "2026年好好工作。"])
def test_a_text_without_days_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(CommandError):
        call_command("import_calendar", _file(tmp_path, text), publish=True)


def test_a_region_has_a_table_of_its_own(tmp_path: Path) -> None:
    file = _file(tmp_path, "“壮族三月三”：2026年4月19日（星期日）至22日（星期三）放假，共4天。")
    call_command(
        "import_calendar", file, region="450000000000", source="桂政办发〔2026〕1号", publish=True
    )

    row = CalendarYear.objects.get(region="450000000000")
    assert str(row) == "450000-2026.1"
    assert len(row.table().off) == 4
