"""``huiyin deadlines FILE``: the deadlines of a list of periods, for whoever checks ours."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection
from django.utils.translation import gettext as _

from huiyin.calendars import audit, queries, services
from huiyin.calendars.history import History
from huiyin.calendars.models import CalendarYear, validate_region

# More than these would bury the first, which mostly explains the rest.
_TOLD = 1000
_BUFFER = 1 << 20


class Command(BaseCommand):
    help = (
        "Answer a csv (UTF-8) of periods, columns id, start_local, amount, unit and, if you like, "
        "asof, with a csv of deadlines: id, due_local, provisional, calendar_version. start_local "
        "is a date or date-time of Asia/Shanghai (2020-01-15, 2020-01-15 10:00), or one with an "
        "offset; unit is natural_day, working_day or month; asof is a date: the calendar as it was "
        "known at the end of that day, else as it is known now. due_local is the end of the last "
        "day, 2020-01-21T24:00:00+08:00 in ISO 8601, which is the first instant of the 22nd. "
        "provisional is true when the notice of a year that was asked was not known. Unless every "
        "row can be answered nothing is written. Exit status: 0 answered, 2 not."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--output", type=Path, help="write there, not to standard output")
        parser.add_argument(
            "--region",
            default="",
            help="division code of 12 digits, whose own days off count as well",
        )

    def handle(self, *, file: Path, output: Path | None, region: str, **options: Any) -> None:
        try:
            if region:
                validate_region(region)
            with (
                file.open(encoding="utf-8-sig", newline="") as source,
                self._whole(output) as answer,
            ):
                self._answer(source, answer, region)
        except ValidationError as error:
            raise CommandError(f"--region: {' '.join(error.messages)}", returncode=2) from error
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}", returncode=2) from error
        except audit.Unreadable as error:
            raise CommandError(f"{file.name}: {error}", returncode=2) from error

    def _answer(self, source: IO[str], answer: IO[str], region: str) -> None:
        out = csv.writer(answer, lineterminator="\n")
        out.writerow(audit.ANSWER)
        wrong = 0
        for found in audit.answers(self._lines(source), self._history(), region):
            if isinstance(found, audit.Answer):
                out.writerow(found.cells)
                continue
            wrong += 1
            if wrong <= _TOLD:
                where = f"{source.name}:{found.line}"
                self.stderr.write(": ".join(filter(None, (where, found.column, found.reason))))
        if wrong:
            raise CommandError(
                _("%(count)d rows cannot be answered. Nothing was written.") % {"count": wrong},
                returncode=2,
            )

    def _lines(self, source: IO[str]) -> Iterator[str]:
        for number, line in enumerate(source):
            if number == 0 and (unread := audit.unknown_columns(line)):
                self.stderr.write(_("Not read: %s") % ", ".join(unread))
            yield line

    def _history(self) -> History:
        """The calendars of this installation; before there is a database, those shipped."""
        try:
            if CalendarYear._meta.db_table in connection.introspection.table_names():
                return queries.history()
        except DatabaseError as error:
            raise CommandError(
                _("The calendars cannot be read from the database: %s") % error, returncode=2
            ) from error
        self.stderr.write(_("There is no database yet: these are the calendars of this release."))
        return services.shipped()

    @contextmanager
    def _whole(self, output: Path | None) -> Iterator[IO[str]]:
        """Where to write to; only when nothing went wrong does it get to ``output`` or out."""
        if output is None:
            with tempfile.SpooledTemporaryFile(_BUFFER, "w+", encoding="utf-8", newline="") as kept:
                yield kept
                kept.seek(0)
                while block := kept.read(_BUFFER):
                    self.stdout.write(block, ending="")
            return
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", newline="", dir=output.parent, delete=False
        ) as beside:
            try:
                yield beside
                beside.flush()
                Path(beside.name).replace(output)
            finally:
                Path(beside.name).unlink(missing_ok=True)
