"""``huiyin import-calendar FILE``: the days of a notice from its text."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from huiyin.calendars import queries, services
from huiyin.calendars.forms import as_lines
from huiyin.calendars.notices import Notice, Reading, read, year_of
from huiyin.calendars.wording import DOUBTS
from huiyin.kernel.problems import Problem


class Command(BaseCommand):
    help = (
        "Read the text (UTF-8) of the State Council's yearly notice or of an amendment, and show "
        "its days and how many open deadlines they would move. --publish puts them in force; it "
        "never moves a deadline: huiyin move-deadlines does. A text with a sentence that is in "
        "doubt is not published; correct its days on the administration pages. Exit status: 0 "
        "read, 1 in doubt, 2 nothing could be read."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--year", type=int, help="when the text does not name it")
        parser.add_argument("--region", default="", help="division code of 12 digits; else all")
        parser.add_argument("--source", help="the legal source, when the text does not begin so")
        parser.add_argument(
            "--published-on", type=date.fromisoformat, help="else the day it was signed, or today"
        )
        parser.add_argument("--publish", action="store_true", help="put the days in force")

    def handle(self, *, file: Path, region: str, publish: bool, **options: Any) -> None:
        reading = self._read(file, options["year"])
        history = queries.history()
        notice = reading.notice(history, region)
        self._show(notice)
        moves = services.open_moves(history.later(notice.revisions(history)))
        self.stdout.write(
            _("Open deadlines that would move: %(count)d.") % {"count": moves.movable}
        )
        if reading.doubts:
            self.stderr.write("\n".join(str(DOUBTS[kind]) % said for kind, said in reading.doubts))
            sys.exit(1)
        if not publish:
            self.stdout.write(_("Nothing is published yet. Add --publish to do it."))
            return
        source = options["source"] or reading.title
        published_on = options["published_on"] or reading.signed_on
        try:
            rows = services.publish_notice(notice=notice, source=source, published_on=published_on)
        except Problem as error:
            raise CommandError(str(error), returncode=2) from error
        self.stdout.write(_("Published: %s.") % ", ".join(map(str, rows)))

    def _read(self, file: Path, year: int | None) -> Reading:
        try:
            text = file.read_text(encoding="utf-8-sig")
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}", returncode=2) from error
        except UnicodeDecodeError as error:
            raise CommandError(f"{file}: {_('This is not UTF-8 text.')}", returncode=2) from error
        year = year or year_of(text)
        reading = read(text, year) if year else None
        if reading is None:
            raise CommandError(f"{file}: {_('The text names no year.')}", returncode=2)
        if reading.empty:
            raise CommandError(
                f"{file}: {_('No day off and no worked weekend was found in it.')}", returncode=2
            )
        return reading

    def _show(self, notice: Notice) -> None:
        for title, days in (
            (_("Days off"), notice.off),
            (_("Worked weekends"), notice.worked),
        ):
            self.stdout.write(f"{title}:")
            self.stdout.write(as_lines(days) or "–")
