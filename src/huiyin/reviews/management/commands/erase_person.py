"""``huiyin erase-person``: a lawful request to be erased."""

from __future__ import annotations

import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from huiyin.kernel.problems import Problem
from huiyin.reviews import services
from huiyin.reviews.models import Case, Photo, Review, ServiceEvent

_WORD = "erase"


class Command(BaseCommand):
    help = (
        "Erase whom a case is about: contact, identity, names, the words and pictures of its "
        "reviews. Reviews, log and figures stay. It cannot be undone."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("case", help="the code of a receipt, or the case number")
        parser.add_argument("--reason", required=True, help="is kept for good; names nobody")
        parser.add_argument(
            "--organisation", default="", metavar="USCC", help="whose case number it is"
        )
        parser.add_argument("--yes", action="store_true", help="do not ask for confirmation")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            visit = services.visit_of_code(options["case"])
            case = None
            if visit is None:
                case = services.case_of(options["case"], uscc=options["organisation"])
            if not options["yes"] and not self._confirmed(case or visit):
                raise CommandError("Nothing was erased.")
            done = services.erase_person(
                case=case, visit=visit, reason=options["reason"], by=getpass.getuser()
            )
        except Problem as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(
            f"Erased at {done.at:%Y-%m-%d %H:%M:%S %Z}: the person of the case, the words of "
            f"{done.reviews} reviews, {done.photos} pictures. Backups still hold them; see "
            "docs/how-to/erase-a-person.md."
        )

    def _confirmed(self, about: Case | ServiceEvent | None) -> bool:
        if isinstance(about, Case):
            found, what = (
                Review.objects.filter(event__case=about),
                f"A case of {about.organisation}",
            )
        elif about is not None:
            found, what = (
                Review.objects.filter(event=about),
                f"An on-site review of {about.organisation}",
            )
        else:
            return False
        pictures = Photo.objects.filter(review__in=found).count()
        self.stdout.write(
            f"{what} with {found.count()} reviews and {pictures} pictures. What names the person "
            "is erased for good."
        )
        return input(f"Type {_WORD} to go on: ").strip() == _WORD
