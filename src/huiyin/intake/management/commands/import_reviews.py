"""``huiyin import-reviews FILE…``: reviews that other systems took, from csv, jsonl or xlsx."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from tqdm import tqdm

from huiyin.directory.models import Organisation
from huiyin.intake.events.files import Unreadable
from huiyin.intake.imports.columns import PF, Manner
from huiyin.intake.imports.importing import Report, import_file, try_file
from huiyin.kernel.problems import Problem
from huiyin.reviews.models import ImportSource, Level
from huiyin.reviews.services import import_source


class Command(BaseCommand):
    help = (
        "Take over reviews that another system took, from .csv, .jsonl (also packed, .gz) or .xlsx "
        "files. They are marked as imported and counted apart from all other figures. One that "
        "broke off goes on where it stood when it is started again; what is imported cannot be "
        "taken back. Rejected rows are written to FILE.rejected.csv (or .jsonl) with the field and "
        "the reason; correct them there and import that file. Exit status: 0 all rows taken, "
        "1 some rejected, 2 a file was refused."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument(
            "--source", required=True, help="name of the system that took the reviews; published"
        )
        parser.add_argument(
            "--by",
            required=True,
            metavar="USCC",
            help="unified social credit code of the body that answers for them; published",
        )
        parser.add_argument(
            "--best",
            required=True,
            type=int,
            choices=(5, 1),
            help="the number that means very satisfied: 5 in most interfaces, 1 in GB/T 39046",
        )
        parser.add_argument(
            "--pf", choices=sorted(PF), default="", help="where the codes in a column pf come from"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="judge every row and count, store nothing"
        )

    def handle(
        self,
        *,
        files: list[Path],
        source: str,
        by: str,
        best: int,
        pf: str,
        dry_run: bool,
        verbosity: int,
        **options: Any,
    ) -> None:
        body = Organisation.objects.select_related("region").filter(uscc=by).first()
        if body is None:
            raise CommandError(
                _("There is no organisation with the code given as --by."), returncode=2
            )
        name, manner = source.strip(), Manner(best, pf)
        if not name or not name.isprintable() or len(name) > _LONGEST_NAME:
            raise CommandError(
                _("The name of the source has 1 to %(most)d characters.") % {"most": _LONGEST_NAME},
                returncode=2,
            )
        rejected = 0
        for file in files:
            try:
                with tqdm(unit=_("rows"), disable=None if verbosity else True) as bar:
                    if dry_run:
                        report = try_file(file, manner, progress=lambda *at: _move(bar, *at))
                    else:
                        known = import_source(name=name, organisation=body)
                        report = import_file(
                            file, known, manner, progress=lambda *at: _move(bar, *at)
                        )
            except (Unreadable, Problem) as error:
                raise CommandError(f"{file.name}: {error}", returncode=2) from error
            except OSError as error:
                raise CommandError(f"{file.name}: {error.strerror}", returncode=2) from error
            self._tell(file, report, dry_run=dry_run)
            rejected += report.rejected
        if rejected:
            sys.exit(1)

    def _tell(self, file: Path, report: Report, *, dry_run: bool) -> None:
        self.stdout.write(
            _(
                "%(file)s: %(taken)d imported, %(duplicates)d known already, "
                "%(rejected)d rejected, %(defaults)d given by nobody (system defaults), left out."
            )
            % {
                "file": file.name,
                "taken": report.taken,
                "duplicates": report.duplicates,
                "rejected": report.rejected,
                "defaults": report.defaults,
            }
        )
        if report.texts:
            self.stdout.write(
                _("%(texts)d had a text, which is not kept.") % {"texts": report.texts}
            )
        if dry_run:
            for level in Level:
                amount = report.levels[str(level.value)]
                self.stdout.write(f"  {level.value} {level.label}: {amount}")
            self.stdout.write(_("This was a trial: nothing was stored."))
        if report.rejects:
            self.stdout.write(_("Rejected rows: %(path)s") % {"path": report.rejects})


_LONGEST_NAME: int = ImportSource._meta.get_field("name").max_length or 0


def _move(bar: tqdm[Any], done: int, of: int) -> None:
    bar.total = of
    bar.update(done - bar.n)
