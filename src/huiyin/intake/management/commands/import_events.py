"""``huiyin import-events FILE --integrator NAME``: service events from csv, jsonl or xlsx."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from tqdm import tqdm

from huiyin.intake.events.files import Rejects, Unreadable, open_rows
from huiyin.intake.events.importing import import_rows
from huiyin.reviews.events import Outcome
from huiyin.reviews.models import Integrator


class Command(BaseCommand):
    help = (
        "Import service events from a .csv, .jsonl or .xlsx file. Running it again on the same "
        "file is safe. Rejected rows are written to FILE.rejected.csv (or .jsonl) with the field "
        "and the reason; correct them there and import that file. Exit status: 0 all rows taken, "
        "1 some rejected, 2 nothing could be read."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--integrator", required=True, help="name of the integrator the events come from"
        )
        parser.add_argument("--dry-run", action="store_true", help="check every row, store nothing")

    def handle(self, *, file: Path, integrator: str, dry_run: bool, **options: Any) -> None:
        pusher = Integrator.objects.select_related("region").filter(name=integrator).first()
        if pusher is None or not pusher.active:
            raise CommandError(
                _("There is no active integrator called %(name)s.") % {"name": integrator},
                returncode=2,
            )
        try:
            with (
                closing(Rejects(Rejects.free(file))) as rejects,
                open_rows(file) as source,
                tqdm(
                    total=source.total,
                    unit=source.unit,
                    unit_scale=source.unit == "B",
                    disable=None if options["verbosity"] else True,
                ) as bar,
            ):
                tally = import_rows(
                    source,
                    pusher,
                    rejects,
                    keep=not dry_run,
                    progress=lambda position: _move(bar, position),
                )
        except Unreadable as error:
            raise CommandError(f"{file.name}: {error}", returncode=2) from error
        except OSError as error:
            raise CommandError(f"{file.name}: {error.strerror}", returncode=2) from error
        self.stdout.write(
            _("%(created)d created, %(duplicate)d duplicates, %(rejected)d rejected.")
            % {outcome.value: tally[outcome] for outcome in Outcome}
        )
        if dry_run:
            self.stdout.write(_("This was a trial: nothing was stored."))
        if rejects.count:
            self.stdout.write(_("Rejected rows: %(path)s") % {"path": rejects.path})
            sys.exit(1)


def _move(bar: tqdm[NoReturn], position: int) -> None:
    bar.update(position - bar.n)
