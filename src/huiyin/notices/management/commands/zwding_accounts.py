"""``huiyin zwding-accounts FILE``: the accounts of staff in 浙政钉, found by employee code."""

from __future__ import annotations

import csv
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils.translation import gettext as _

from huiyin.directory.importing import Csv
from huiyin.directory.models import Staff
from huiyin.notices.services import channels
from huiyin.notices.transports import names
from huiyin.notices.transports.zwding import accounts, config
from huiyin.notices.transports.zwding.accounts import COLUMNS, Row
from huiyin.notices.transports.zwding.client import Failed


class Command(BaseCommand):
    help = (
        "Look up the accounts of staff in government DingTalk and store them as their channel. The "
        ".csv file has the columns username and employee_code. Without --write nothing is stored. "
        "Rows that are not right are named and left out; the others are stored together. Exit "
        "status: 0 all found, 1 some rows are not right, 2 nothing could be looked up."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--write", action="store_true", help="store what was found")
        parser.add_argument(
            "--by", default="", metavar="USERNAME", help="the administrator who answers for it"
        )

    def handle(self, *, file: Path, write: bool, by: str, **options: Any) -> None:
        administrator = _administrator(by) if write else None
        try:
            found = accounts.look_up(_rows_of(file), config.client())
        except config.NotConfigured as error:
            raise CommandError(str(error), returncode=2) from error
        except Failed as error:
            raise CommandError(
                _("Government DingTalk: %(why)s. Nothing was stored.") % {"why": error},
                returncode=2,
            ) from error
        for line, reason in sorted(found.wrong.items()):
            self.stderr.write(f"{file.name}:{line}: {reason}")
        if administrator is not None:
            with transaction.atomic():
                for staff, account in found.accounts:
                    channels.give_address(
                        staff=staff, transport=names.ZWDING, address=account, by=administrator
                    )
        self.stdout.write(
            _("%(found)d accounts found, %(wrong)d rows are not right.")
            % {"found": len(found.accounts), "wrong": len(found.wrong)}
        )
        if not write:
            self.stdout.write(_("This was a trial: nothing was stored."))
        if found.wrong:
            sys.exit(1)


def _administrator(username: str) -> Staff:
    try:
        return Staff.objects.get(username=username, is_active=True)
    except Staff.DoesNotExist as error:
        raise CommandError(
            _("Say with --by who answers for it: the user name of an administrator."),
            returncode=2,
        ) from error


def _rows_of(file: Path) -> list[Row]:
    try:
        table = Csv().create_dataset(file.read_bytes())
    except OSError as error:
        raise CommandError(f"{file.name}: {error.strerror}", returncode=2) from error
    except (csv.Error, ValueError) as error:
        raise CommandError(
            _("%(file)s: this is not a readable csv file (%(why)s).")
            % {"file": file.name, "why": error},
            returncode=2,
        ) from error
    missing = [name for name in COLUMNS if name not in (table.headers or [])]
    if missing:
        raise CommandError(
            _("%(file)s: column “%(name)s” is missing.") % {"file": file.name, "name": missing[0]},
            returncode=2,
        )
    # The header is line 1.
    return [
        Row(line, row["username"], row["employee_code"])
        for line, row in enumerate(table.dict, start=2)
    ]
