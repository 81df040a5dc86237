"""Lists for a call centre outside, and the results that come back.

A row that goes out names the call by a code that says nothing, what the caller has to say, and
until when. The number stays with the relay, which connects the centre's telephone with the citizen.
A result counts only of a call that the relay placed, so a list can be lost without harm.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from openpyxl import Workbook
from python_calamine import CalamineError, CalamineWorkbook

from huiyin.directory.models import Role, Staff
from huiyin.intake.channels.hotline import errors, queries
from huiyin.intake.channels.hotline.models import Action, Call, ListedCall, Outcome, ResultRow
from huiyin.intake.channels.hotline.services import listing
from huiyin.intake.channels.hotline.services.agents import Said, settle
from huiyin.kernel import clock
from huiyin.kernel.problems import Forbidden, Invalid, Problem

COLUMNS = ("call", "organisation", "service_day", "try", "call_before")
RESULT_COLUMNS = ("call", "outcome", "level", "tags", "text")
MOST_ROWS, MOST_BYTES = 1000, 2 * 1024 * 1024
Kind = Literal["csv", "xlsx"]
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_SIGNIFICANT = ("call", "outcome")


@dataclass(frozen=True)
class Verdict:
    """What became of a row of results; ``refused`` says why nothing did."""

    row: int
    call: str
    state: Literal["taken", "repeated", "refused"]
    refused: str = ""


def export(*, staff: Staff, kind: Kind) -> tuple[bytes, int]:
    """The calls that are to be made now, as a file, and how many they are. That they were given out
    is on record, and agents leave them to the centre for a day. Raises ``Forbidden``."""
    if not queries.hotlines_of(staff, Role.SUPERVISOR).exists():
        raise Forbidden
    listing.refresh()
    rows = list(
        queries.to_be_called(staff, Role.SUPERVISOR).filter(purpose=ListedCall.Purpose.RATING)[
            :MOST_ROWS
        ]
    )
    content = _as_csv(_lines(rows)) if kind == "csv" else _as_xlsx(_lines(rows))
    digest, now = hashlib.sha256(content).hexdigest(), clock.now()
    Action.objects.bulk_create(
        Action(listed=row, verb=Action.Verb.EXPORTED, staff=staff, at=now, detail=digest)
        for row in rows
    )
    return content, len(rows)


def _lines(rows: Sequence[ListedCall]) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        seen = queries.seen(row)
        yield (
            row.code,
            seen.organisation,
            seen.day.isoformat(),
            row.tries + 1,
            clock.local(row.expires_at).strftime("%Y-%m-%d %H:%M"),
        )


def _as_csv(lines: Iterable[tuple[Any, ...]]) -> bytes:
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(COLUMNS)
    for line in lines:
        writer.writerow([_harmless(cell) for cell in line])
    # With a mark, so that spreadsheets read Chinese.
    return written.getvalue().encode("utf-8-sig")


def _as_xlsx(lines: Iterable[tuple[Any, ...]]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("calls")
    sheet.append(COLUMNS)
    for line in lines:
        sheet.append([_harmless(cell) for cell in line])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _harmless(cell: Any) -> Any:
    """What a spreadsheet would take for a formula becomes a text."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def import_results(*, staff: Staff, content: bytes) -> list[Verdict]:
    """Take the results of a call centre, row by row, each for itself; what became of each.

    The same row again changes nothing. Never within a transaction. Raises ``Forbidden`` or
    ``Invalid`` for a file that cannot be read.
    """
    if not queries.hotlines_of(staff, Role.SUPERVISOR).exists():
        raise Forbidden
    if len(content) > MOST_BYTES:
        raise Invalid(_("The file may have 2 MB at most."), field="file")
    rows = _read(content)
    if len(rows) > MOST_ROWS:
        raise Invalid(_("At most %(most)d rows a file.") % {"most": MOST_ROWS}, field="file")
    codes = [row["call"].strip().upper() for row in rows]
    known = queries.visible_to(staff, Role.SUPERVISOR).filter(code__in=codes)
    listed = {row.code: row for row in known.select_related("event__case", "matter")}
    calls = _calls_of(listed.values())
    verdicts = []
    for number, (row, code) in enumerate(zip(rows, codes, strict=True), start=2):
        try:
            repeated = _take(staff, listed.get(code), calls.get(code, []), row)
        except Problem as problem:
            verdicts.append(
                Verdict(number, code[:20], "refused", str(problem.detail or problem.title))
            )
        else:
            verdicts.append(Verdict(number, code, "repeated" if repeated else "taken"))
    return verdicts


def _calls_of(listed: Iterable[ListedCall]) -> dict[str, list[Call]]:
    """The calls that the relay placed for a centre, by the code of the list, oldest first."""
    found: dict[str, list[Call]] = {}
    calls = Call.objects.filter(
        listed__in=[row.pk for row in listed], way=Call.Way.CENTRE, placed_at__isnull=False
    )
    for call in calls.select_related("listed", "event__case", "result_row").order_by("asked_at"):
        if call.listed:
            found.setdefault(call.listed.code, []).append(call)
    return found


def _take(staff: Staff, listed: ListedCall | None, calls: list[Call], row: dict[str, str]) -> bool:
    """Record one row; whether it was recorded before. Raises a ``Problem``."""
    if listed is None:
        raise errors.CallUnknown
    if not calls:
        raise errors.NoCallPlaced
    digest = hashlib.sha256(json.dumps(row, sort_keys=True).encode()).digest()
    done = [bytes(call.result_row.digest) for call in calls if hasattr(call, "result_row")]
    if digest in done:
        return True
    call = next((call for call in calls if not hasattr(call, "result_row")), None)
    if call is None:
        raise errors.CallSettled
    said = _said(row)
    try:
        if not call.outcome:
            settle(call, listed, said, staff)
        elif call.outcome != said.outcome:
            raise errors.CallSettled  # an earlier attempt recorded something else
    except errors.RatedBefore:
        _keep(call, digest, staff)
        raise
    _keep(call, digest, staff)
    return False


@transaction.atomic
def _keep(call: Call, digest: bytes, staff: Staff) -> None:
    try:
        call.result_row = ResultRow.objects.create(
            call=call, digest=digest, staff=staff, at=clock.now()
        )
    except IntegrityError as error:
        raise errors.CallSettled from error


def _said(row: dict[str, str]) -> Said:
    outcome, level = row["outcome"].strip().lower(), row["level"].strip()
    if outcome not in Outcome.values or outcome == Outcome.TOLD:
        raise Invalid(
            _("The outcome is none of %(outcomes)s.")
            % {"outcomes": ", ".join(one for one in Outcome.values if one != Outcome.TOLD)}
        )
    if level and level not in {"1", "2", "3", "4", "5"}:
        raise Invalid(_("The level is none of 1 to 5."))
    tags = row["tags"].replace(";", " ").replace("，", " ").replace(",", " ").split()
    return Said(Outcome(outcome), int(level) if level else None, tags, row["text"])


def _read(content: bytes) -> list[dict[str, str]]:
    """The rows of a csv or xlsx file under our column names; empty ones are left out."""
    table = _xlsx(content) if content.startswith(b"PK") else _csv(content)
    if not table:
        raise Invalid(_("The file is empty."), field="file")
    names = [str(cell).strip().lower() for cell in table[0]]
    missing = [name for name in _SIGNIFICANT if name not in names]
    if missing:
        raise Invalid(
            _("The first row must name the columns: %(columns)s.")
            % {"columns": ", ".join(RESULT_COLUMNS)},
            field="file",
        )
    rows = []
    for line in table[1:]:
        cells = dict(zip(names, line, strict=False))
        row = {name: _text(cells.get(name, "")) for name in RESULT_COLUMNS}
        if any(row.values()):
            rows.append(row)
    return rows


def _text(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell)


def _csv(content: bytes) -> list[list[Any]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        try:
            return list(csv.reader(io.StringIO(text, newline="")))
        except csv.Error:
            break
    raise Invalid(_("The file can be read neither as csv nor as xlsx."), field="file")


def _xlsx(content: bytes) -> list[list[Any]]:
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        return book.get_sheet_by_index(0).to_python()
    except (CalamineError, IndexError, OSError, ValueError) as error:
        raise Invalid(
            _("The file can be read neither as csv nor as xlsx."), field="file"
        ) from error
