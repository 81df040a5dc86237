"""Files of service events: csv, jsonl and xlsx as streams of rows, and the file of rejected rows.

A file that cannot be read as what it claims to be raises ``Unreadable`` before any row is given
out where that can be known, and says what to do.
"""

from __future__ import annotations

import csv
import gzip
import json
import os
import zlib
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from io import TextIOWrapper
from pathlib import Path
from typing import IO, Any, TypeVar, cast

from django.utils.translation import gettext as _
from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from huiyin.intake import strict_json
from huiyin.intake.events.fields import ROW, TIMES, OurName, field_name
from huiyin.intake.events.reading import as_text
from huiyin.reviews.events import Fault

T = TypeVar("T")

REJECT_FIELD, REJECT_REASON = "reject_field", "reject_reason"
NOTES = frozenset({REJECT_FIELD, REJECT_REASON})
# More digits than these cannot come out of a spreadsheet's number unchanged.
_EXACT = 10**15
_EXCEL_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - a spreadsheet's days have no zone
_EXCEL_DAYS = (36526, 73050)  # 2000 to 2099


class Unreadable(Exception):
    """The file is not what it claims to be; the text says what to do."""


@dataclass(frozen=True)
class Line:
    """One row of a file. ``fault`` is set when it could not even be read as a row."""

    row: dict[str, Any]
    fault: Fault | None = None
    # Cells beyond the last named column.
    more: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Source:
    """An open file: its rows, how far the reading has come, and out of how much."""

    lines: Iterator[Line]
    total: int
    position: Callable[[], int]
    unit: str


@contextmanager
def open_rows(path: Path) -> Iterator[Source]:
    """Open a .csv, .jsonl or .xlsx file. Raises ``Unreadable`` or ``OSError``."""
    kind = kind_of(path)
    if kind == ".xlsx":
        yield xlsx(path)
        return
    encoding, _nothing = looked_through(path, _to_the_end)
    with path.open("rb") as raw, TextIOWrapper(unpacked(raw, path), encoding, newline="") as text:
        # The text is read ahead by a few kilobytes, which is near enough for a progress bar.
        lines = _csv(text) if kind == ".csv" else jsonl(text)
        yield Source(lines, path.stat().st_size, raw.tell, "B")


def kind_of(path: Path) -> str:
    """``.csv``, ``.jsonl`` or ``.xlsx``; the first two may be packed (``.csv.gz``). Raises
    ``Unreadable``."""
    kind = _named(path).suffix.lower()
    if kind in {".csv", ".jsonl"} or (kind == ".xlsx" and not is_packed(path)):
        return kind
    raise Unreadable(
        _("Only .csv, .jsonl and .xlsx files can be imported; the first two also as .gz.")
    )


def is_packed(path: Path) -> bool:
    return path.suffix.lower() == ".gz"


def _named(path: Path) -> Path:
    return path.with_suffix("") if is_packed(path) else path


def unpacked(raw: IO[bytes], path: Path) -> IO[bytes]:
    """The bytes of ``raw``, the open file at ``path``, as they were before they were packed."""
    return cast("IO[bytes]", gzip.GzipFile(fileobj=raw)) if is_packed(path) else raw


@contextmanager
def open_text(path: Path, encoding: str) -> Iterator[IO[str]]:
    """The text of the file at ``path``, unpacked. Raises ``Unreadable`` for one that is packed and
    damaged, ``UnicodeDecodeError`` for another encoding."""
    try:
        with (
            path.open("rb") as raw,
            TextIOWrapper(unpacked(raw, path), encoding, newline="") as text,
        ):
            yield text
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise Unreadable(_("The packed file is damaged or not complete.")) from error


def looked_through(path: Path, look: Callable[[IO[str]], T]) -> tuple[str, T]:
    """The encoding of the file at ``path``: UTF-8 (with or without a mark) or GB18030, whichever
    the whole file is; and what ``look`` finds, which reads it to its end."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            with open_text(path, encoding) as text:
                return encoding, look(text)
        except UnicodeDecodeError:
            continue
    raise Unreadable(_("The text is neither UTF-8 nor GB18030. Save the file again as UTF-8."))


def _to_the_end(text: IO[str]) -> None:
    while text.read(1 << 20):
        pass


def _csv(text: IO[str]) -> Iterator[Line]:
    reader = csv.reader(text)
    header = header_of(next(reader, []))

    def lines() -> Iterator[Line]:
        try:
            for cells in reader:
                if any(cells):
                    yield line_of(header, cells)
        except csv.Error as error:
            raise Unreadable(
                _("Line %(number)d cannot be read; is a quotation mark not closed?")
                % {"number": reader.line_num}
            ) from error

    return lines()


def line_of(header: list[str], cells: list[Any]) -> Line:
    """The cells under their names; a value in a column without a name goes by the column."""
    row = {}
    for place, name in enumerate(header):
        cell = cells[place] if place < len(cells) else ""
        if name and name not in NOTES:
            row[name] = cell
        elif not name and not _empty(cell):
            row[OurName(_("(column %(number)d)") % {"number": place + 1})] = cell
    more = [cell for cell in cells[len(header) :] if not _empty(cell)]
    fault = Fault(ROW, _("Has more cells than the first line.")) if more else None
    return Line(row, fault, tuple(more))


def _empty(cell: Any) -> bool:
    return cell is None or cell == ""


def header_of(cells: list[Any]) -> list[str]:
    names = [cell.strip() if isinstance(cell, str) else as_text(cell) for cell in cells]
    named = [name for name in names if name]
    if not named:
        raise Unreadable(_("The first line has to name the fields."))
    for name in named:
        if named.count(name) > 1:
            raise Unreadable(_("The first line names %(name)s twice.") % {"name": field_name(name)})
    return names


def jsonl(text: IO[str]) -> Iterator[Line]:
    for line in text:
        if not (plain := line.strip()):
            continue
        try:
            row = strict_json.loads(plain)
        except strict_json.RepeatedKey as error:
            yield _no_object(plain, field_name(error.key), _("This field is given twice."))
        except strict_json.Malformed:
            yield _no_object(plain, ROW, _("Is not JSON."))
        else:
            if isinstance(row, dict):
                yield Line({name: row[name] for name in row if name not in NOTES})
            else:
                yield _no_object(plain, ROW, _("Must be an object."))


def _no_object(plain: str, name: str, reason: str) -> Line:
    # Under a name that is no field: imported again uncorrected, it is rejected again.
    return Line({"line": plain}, Fault(name, reason))


def xlsx(path: Path) -> Source:
    try:
        book = CalamineWorkbook.from_path(str(path))
        sheet = book.get_sheet_by_index(0)
        rows = sheet.to_python(skip_empty_area=True)
    except PasswordError as error:
        raise Unreadable(_("The workbook is protected by a password.")) from error
    except (CalamineError, IndexError) as error:
        raise Unreadable(
            _("This is not an Excel workbook (.xlsx), or it is damaged. Save it again as .xlsx.")
        ) from error
    header = header_of(rows[0] if rows else [])
    done = 0

    def lines() -> Iterator[Line]:
        nonlocal done
        for done, cells in enumerate(rows[1:], start=1):  # noqa: B007 - the position of the bar
            if any(not _empty(cell) for cell in cells):
                named = [_cell(name, cell) for name, cell in zip(header, cells, strict=False)]
                yield line_of(header, named + cells[len(header) :])

    return Source(lines(), len(rows) - 1, lambda: done, _("rows"))


def _cell(name: str, value: Any) -> Any:
    """A spreadsheet's value as the text that a person sees in it."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, time())
    if isinstance(value, float) and name in TIMES and _EXCEL_DAYS[0] <= value < _EXCEL_DAYS[1]:
        seconds = round(value * 86400)
        return _EXCEL_EPOCH + timedelta(seconds=seconds)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        whole = float(value).is_integer() and abs(value) < _EXACT
        return str(int(value)) if whole else float(value)
    return value


class Rejects:
    """The file of rejected rows: as the original, with the field and the reason beside each row.

    Made at the first rejected row. What was corrected in it is imported as it is: the columns
    with the reasons are passed over. An earlier file of rejected rows is never overwritten.
    """

    def __init__(self, path: Path, *, keep: int = 0) -> None:
        """Rejected rows into ``path``, see ``free``. Of what an import that broke off has written
        there, the first ``keep`` bytes stay. Raises ``OSError``."""
        self.path = path
        self._as_json = path.suffix == ".jsonl"
        if path.exists():
            # It may have been cut or replaced meanwhile.
            os.truncate(path, min(keep, path.stat().st_size))
        self._file: IO[str] | None = None
        self._columns: list[str] = []
        self.count = 0

    @staticmethod
    def free(source: Path, taken: Container[str] = ()) -> Path:
        """Where the rejected rows of ``source`` can go: beside it, under a name not in use, nor
        among those that are ``taken``."""
        source = _named(source)
        suffix = ".jsonl" if source.suffix.lower() == ".jsonl" else ".csv"
        path, number = source.with_suffix(f".rejected{suffix}"), 1
        while path.exists() or path.name in taken:
            number += 1
            path = source.with_suffix(f".rejected-{number}{suffix}")
        return path

    def add(self, line: Line, faults: tuple[Fault, ...]) -> None:
        row = line.row
        notes = {
            REJECT_FIELD: "; ".join(fault.field for fault in faults),
            REJECT_REASON: "; ".join(f"{fault.field}: {fault.reason}" for fault in faults),
        }
        self.count += 1
        if self._as_json:
            self._opened().write(json.dumps(row | notes, ensure_ascii=False) + "\n")
            return
        if not self._columns:
            self._columns = [*row, *notes]
            if not self._opened().tell():
                csv.writer(self._opened()).writerow(self._columns)
        cells = [*((row | notes).get(name) for name in self._columns), *line.more]
        csv.writer(self._opened()).writerow(as_text(cell) for cell in cells)

    def close(self) -> None:
        if self._file:
            self._file.close()

    def kept(self) -> int:
        """How many bytes there are, all of them safe on the disk."""
        if self._file:
            self._file.flush()
            os.fsync(self._file.fileno())
        return self.path.stat().st_size if self.path.exists() else 0

    def _opened(self) -> IO[str]:
        if self._file is None:
            # Spreadsheets take a csv for UTF-8 only when it says so. Personal data: owner only.
            self.path.touch(mode=0o600)
            encoding = "utf-8" if self._as_json else "utf-8-sig"
            # Half a surrogate pair, which JSON can carry and UTF-8 cannot, stays an escape.
            self._file = self.path.open(
                "a", encoding=encoding, newline="", errors="backslashreplace"
            )
        return self._file
