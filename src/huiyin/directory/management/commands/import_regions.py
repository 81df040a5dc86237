"""``huiyin import-regions FILE``: divisions from a csv, before there is an administrator."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tablib
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from huiyin.directory.importing import Csv
from huiyin.directory.resources import RegionResource


class Command(BaseCommand):
    help = (
        "Import divisions from a .csv file with the columns code, name, name_en, level and parent, "
        "those above before those below. Every row is judged first; unless all are right, nothing "
        "is written. Running it again is safe. Exit status: 0 imported, 1 some rows are not right, "
        "2 nothing could be read."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="judge every row, store nothing")

    def handle(self, *, file: Path, dry_run: bool, **options: Any) -> None:
        result = RegionResource().import_data(
            _rows_of(file), dry_run=dry_run, rollback_on_validation_errors=True
        )
        if result.base_errors:
            raise CommandError(
                f"{file.name}: {'; '.join(str(error.error) for error in result.base_errors)}",
                returncode=2,
            )
        wrong = [f"{file.name}:{line}: {what}" for line, what in sorted(_verdicts(result))]
        if wrong:
            self.stderr.write("\n".join(wrong))
            self.stderr.write(
                _("%(count)d rows are not right. Nothing was imported.") % {"count": len(wrong)}
            )
            sys.exit(1)
        self.stdout.write(
            _("%(new)d divisions added, %(changed)d changed, %(same)d already there.")
            % {
                "new": result.totals["new"],
                "changed": result.totals["update"],
                "same": result.totals["skip"],
            }
        )
        if dry_run:
            self.stdout.write(_("This was a trial: nothing was stored."))


def _rows_of(file: Path) -> tablib.Dataset:
    try:
        return Csv().create_dataset(file.read_bytes())
    except OSError as error:
        raise CommandError(f"{file.name}: {error.strerror}", returncode=2) from error
    except (csv.Error, ValueError) as error:
        raise CommandError(
            _("%(file)s: this is not a readable csv file (%(why)s).")
            % {"file": file.name, "why": error},
            returncode=2,
        ) from error


def _verdicts(result: Any) -> Iterator[tuple[int, str]]:
    """Line and reason of every row that is not right; the header is line 1."""
    for number, errors in result.row_errors():
        yield number + 1, "; ".join(str(error.error) for error in errors)
    for row in result.invalid_rows:
        reasons = [
            f"{name}: {' '.join(messages)}" for name, messages in row.field_specific_errors.items()
        ]
        yield row.number + 1, "; ".join([*reasons, *row.non_field_specific_errors])
