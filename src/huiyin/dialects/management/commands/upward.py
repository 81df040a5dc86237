"""huiyin upward: reconcile what was reported to the platform above, and send again."""

from __future__ import annotations

import csv
from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from huiyin.dialects.models import UpwardPlatform, UpwardReport
from huiyin.dialects.upward import reconciling
from huiyin.dialects.upward.services import send_again


class Command(BaseCommand):
    help = "Compare what was reported upward with what the platform above has, or send again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("platform", help="the name of the platform above")
        parser.add_argument("--from", dest="begins", type=date.fromisoformat, metavar="DAY")
        parser.add_argument("--to", dest="ends", type=date.fromisoformat, metavar="DAY")
        parser.add_argument("--csv", action="store_true", help="every report as a line of CSV")
        parser.add_argument(
            "--theirs",
            type=Path,
            metavar="FILE",
            help="a CSV of the reviews that the platform above has, with columns projectNo, "
            "serviceNumber, assessNumber and satisfaction",
        )
        parser.add_argument(
            "--resend",
            choices=("refused", "withheld", "waiting", "acknowledged"),
            help="send all reports in this state again, at once",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        platform = UpwardPlatform.objects.filter(name=options["platform"]).first()
        if platform is None:
            raise CommandError("There is no platform above with this name.")
        if options["resend"]:
            reports = UpwardReport.objects.filter(platform=platform, state=options["resend"])
            self.stdout.write(f"{send_again(reports)} will be sent again")
            return
        theirs = _rows(options["theirs"]) if options["theirs"] else None
        lines = reconciling.lines(
            platform, begins=options["begins"], ends=options["ends"], theirs=theirs
        )
        if options["csv"]:
            writer = csv.writer(self.stdout)
            writer.writerow(reconciling.COLUMNS)
            writer.writerows(lines)
            return
        counted = reconciling.tally(lines)
        for (kind, standing), number in sorted(counted.items()):
            self.stdout.write(f"{kind:<14} {standing:<14} {number:>10,}")
        self.stdout.write(f"{'in all':<29} {counted.total():>10,}")


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} cannot be read: {error}") from error
    if not rows or "projectNo" not in rows[0]:
        raise CommandError(f"{path} has no column projectNo.")
    return rows
