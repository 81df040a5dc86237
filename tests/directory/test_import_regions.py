from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from huiyin.directory.models import Region

pytestmark = pytest.mark.django_db

HEADER = "code,name,name_en,level,parent"
PROVINCE = "440000000000,广东省,Guangdong,province,"
CITY = "440100000000,广州市,Guangzhou,prefecture,440000000000"
COUNTY = "440103000000,荔湾区,Liwan District,county,440100000000"


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def _file(folder: Path, *lines: str, encoding: str = "utf-8") -> str:
    path = folder / "regions.csv"
    path.write_text("\n".join(lines) + "\n", encoding=encoding)
    return str(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_divisions_are_imported_with_those_above_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], encoding: str
) -> None:
    file = _file(tmp_path, HEADER, PROVINCE, CITY, COUNTY, encoding=encoding)
    call_command("import_regions", file)
    assert "3 divisions added, 0 changed, 0 already there." in capsys.readouterr().out
    county = Region.objects.select_related("parent").get(code="440103000000")
    assert (county.name, county.parent and county.parent.name) == ("荔湾区", "广州市")

    call_command("import_regions", file)
    assert "0 divisions added, 0 changed, 3 already there." in capsys.readouterr().out


def test_every_row_is_judged_and_nothing_is_written_unless_all_are_right(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = _file(
        tmp_path,
        HEADER,
        PROVINCE,
        "44,广州市,,prefecture,440000000000",
        "440103000000,荔湾区,,county,440100000000",
        "440200000000,韶关市,,county,440000000000",
        "440300000000,,,prefecture,440000000000",
    )
    with pytest.raises(SystemExit) as ended:
        call_command("import_regions", file)
    assert ended.value.code == 1
    said = capsys.readouterr().err
    assert "regions.csv:3: code:" in said
    assert "regions.csv:4: parent: There is no region “440100000000”." in said
    assert "regions.csv:5: level: The code is that of another level." in said
    assert "regions.csv:6: name:" in said
    assert "4 rows are not right. Nothing was imported." in said
    assert not Region.objects.exists()


def test_a_trial_stores_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("import_regions", _file(tmp_path, HEADER, PROVINCE), "--dry-run")
    assert "nothing was stored" in capsys.readouterr().out
    assert not Region.objects.exists()


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (["name", "广东省"], "“code” is missing"),
        ([HEADER + ",mayor", PROVINCE + ",x"], "“mayor” is not known"),
        ([HEADER, PROVINCE + ",,,more"], "wider than the header"),
        ([HEADER, '"440000000000'], "not a readable csv"),
    ],
)
def test_what_is_no_list_of_divisions_is_refused(
    tmp_path: Path, lines: list[str], why: str
) -> None:
    with pytest.raises(CommandError, match=why) as refused:
        call_command("import_regions", _file(tmp_path, *lines))
    assert refused.value.returncode == 2


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        call_command("import_regions", str(tmp_path / "none.csv"))
