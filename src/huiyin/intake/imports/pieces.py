"""Files of reviews as pieces of many rows, column by column."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import IO, Any

from django.utils.translation import gettext as _

from huiyin.intake.events import files
from huiyin.intake.events.fields import ROW, OurName, field_name
from huiyin.intake.events.files import Line, Unreadable
from huiyin.intake.events.reading import as_text
from huiyin.intake.imports.columns import OURS, REQUIRED
from huiyin.reviews.events import Fault


@dataclass(frozen=True)
class Piece:
    """Some rows of a file, one after the other. ``columns`` go by our names of the fields and hold
    text. ``odd`` rows could not be read as rows. ``line`` gives a row as it was, for the file of
    rejected ones; ``names`` is what the file calls each field."""

    rows: int
    columns: Mapping[str, Sequence[str]]
    odd: Mapping[int, Fault]
    line: Callable[[int], Line]
    names: Mapping[str, str]


@dataclass(frozen=True)
class Opened:
    """A file that was looked through once: how many rows it has, which fields (empty: each row
    names its own), and its pieces of so many rows each, after so many that are passed over."""

    rows: int
    fields: frozenset[str]
    pieces: Callable[[int, int], Iterator[Piece]]


@contextmanager
def open_pieces(path: Path) -> Iterator[Opened]:
    """Open a .csv, .jsonl (either also as .gz) or .xlsx file of reviews.

    It is read to its end first: one that breaks off somewhere is refused as a whole. Raises
    ``Unreadable`` or ``OSError``.
    """
    kind = files.kind_of(path)
    if kind == ".xlsx":
        lines = list(files.xlsx(path).lines)
        yield Opened(len(lines), frozenset(), partial(_of_lines, lines))
        return
    is_csv = kind == ".csv"
    encoding, found = files.looked_through(path, _look_through_csv if is_csv else _look_through)
    with files.open_text(path, encoding) as text:
        yield Opened(*found, partial(_of_csv if is_csv else _of_jsonl, text))


def _look_through_csv(text: IO[str]) -> tuple[int, frozenset[str]]:
    reader, names, _header = _begun(text)
    return _counted(reader), frozenset(names)


def _look_through(text: IO[str]) -> tuple[int, frozenset[str]]:
    return sum(1 for line in text if line.strip()), frozenset()


def _begun(text: IO[str]) -> tuple[Iterator[list[str]], dict[str, str], list[str]]:
    """A reader of what follows the first line, what that calls each field, and its cells."""
    reader = csv.reader(text, strict=True)
    try:
        header = files.header_of(next(reader, []))
    except csv.Error as error:
        raise _broken(1) from error
    names: dict[str, str] = {}
    for name in header:
        if not name or name in files.NOTES:
            continue
        ours = OURS.get(name)
        if ours is None:
            raise Unreadable(
                _("There is no field called %(name)s. Take the column out, or call it one of: ")
                % {"name": field_name(name)}
                + ", ".join(OURS)
            )
        if ours in names:
            raise Unreadable(
                _("%(one)s and %(other)s mean the same. Take one of the columns out.")
                % {"one": names[ours], "other": name}
            )
        names[ours] = name
    missing = [name for name in REQUIRED if name not in names]
    if not names.keys() & {"channel", "pf"}:
        missing.append("channel")
    if missing:
        raise Unreadable(_("The first line lacks: %(names)s.") % {"names": ", ".join(missing)})
    return reader, names, header


def _counted(reader: Any) -> int:
    rows = 0
    try:
        for rows, _cells in enumerate(reader, start=1):  # noqa: B007 - the last number is meant
            pass
    except csv.Error as error:
        raise _broken(reader.line_num) from error
    return rows


def _broken(line: int) -> Unreadable:
    return Unreadable(
        _("Line %(number)d cannot be read; is a quotation mark not closed?") % {"number": line}
    )


def _of_csv(text: IO[str], skip: int, size: int) -> Iterator[Piece]:
    reader, names, header = _begun(text)
    deque(islice(reader, skip), maxlen=0)
    while rows := list(islice(reader, size)):
        yield _of_cells(rows, names, header)


def _of_cells(rows: list[list[str]], names: Mapping[str, str], header: list[str]) -> Piece:
    width, odd = len(header), {}
    if set(map(len, rows)) != {width}:
        for place, cells in enumerate(rows):
            if any(cells[width:]):
                odd[place] = Fault(ROW, _("Has more cells than the first line."))
    cells_of = [(cells + [""] * width)[:width] if len(cells) != width else cells for cells in rows]
    columns = list(zip(*cells_of, strict=True))
    for number, name in enumerate(header):
        if not name and any(columns[number]):
            unnamed = OurName(_("(column %(number)d)") % {"number": number + 1})
            for place, cell in enumerate(columns[number]):
                if cell:
                    odd[place] = Fault(unnamed, _("There is no such field."))
    return Piece(
        len(rows),
        {ours: columns[header.index(name)] for ours, name in names.items()},
        odd,
        lambda place: files.line_of(header, rows[place]),
        names,
    )


def _of_jsonl(text: IO[str], skip: int, size: int) -> Iterator[Piece]:
    deque(islice((line for line in text if line.strip()), skip), maxlen=0)
    lines = files.jsonl(text)
    while some := list(islice(lines, size)):
        yield _of_rows(some)


def _of_lines(lines: list[Line], skip: int, size: int) -> Iterator[Piece]:
    for start in range(skip, len(lines), size):
        yield _of_rows(lines[start : start + size])


def _of_rows(lines: list[Line]) -> Piece:
    """Rows of which each names its fields."""
    odd: dict[int, Fault] = {}
    rows: list[dict[str, str]] = []
    for place, line in enumerate(lines):
        row: dict[str, str] = {}
        fault = line.fault
        for name, value in line.row.items() if fault is None else ():
            ours = OURS.get(name)
            if ours is None:
                fault = Fault(field_name(name), _("There is no such field."))
            elif ours in row:
                fault = Fault(name, _("Comes under two names with different values."))
            else:
                row[ours] = _plain(value)
        if fault:
            odd[place] = fault
        rows.append(row)
    fields = {name for row in rows for name in row} | {*REQUIRED, "channel"}
    columns = {name: [row.get(name, "") for row in rows] for name in fields}
    return Piece(len(lines), columns, odd, lines.__getitem__, {})


def _plain(value: Any) -> str:
    """A value as the text that a csv would have in its place."""
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ",".join(value)
    return as_text(value)
