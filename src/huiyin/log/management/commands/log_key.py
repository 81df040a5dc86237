"""``huiyin log-key``: the keys that sign for the public log: list, rotate, retire."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from huiyin.log import keys
from huiyin.log.errors import LogBroken
from huiyin.log.models import LogKey

_RETIRING = (
    "{vkey}\nwill sign nothing any more, and its private half is removed from {path}. This cannot "
    "be undone.\nEvery machine must have the current key file by now: one that still signs with "
    "this key would make promises that nobody believes. What it signed stays verifiable."
)


class Command(BaseCommand):
    help = "List the keys that sign for the public log, make a new one, or retire an old one."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        verbs.add_parser("list", help="every key, the oldest first, and which of them are here")
        verbs.add_parser(
            "rotate",
            help="make a new key, introduced by the present one, and sign with it; the older one "
            "signs checkpoints beside it until it is retired",
        )
        retire = verbs.add_parser(
            "retire", help="sign nothing more with an older key and remove it from the key file"
        )
        retire.add_argument("number", type=int, help="of the key, as the list has it")
        retire.add_argument("--yes", action="store_true", help="do not ask; it cannot be undone")

    def handle(self, *args: Any, verb: str, **options: Any) -> None:
        try:
            if verb == "list":
                self._list()
            elif verb == "rotate":
                self._rotate()
            else:
                self._retire(options["number"], sure=options["yes"])
        except LogBroken as error:
            raise CommandError(str(error)) from error

    def _list(self) -> None:
        known = keys.known()
        if not known:
            self.stdout.write("There is no key yet. The first one is made when Huiyin starts.")
            return
        keys.check()
        here = keys.held_vkeys()
        for key in known:
            words = [f"{key.number}", key.vkey, f"since {keys.rfc3339(key.since)}"]
            if keys.is_retired(key):
                words.append(f"retired {keys.rfc3339(key.retirement.at)}")
            elif key.number == known[-1].number:
                words.append("signs" if key.vkey in here else "signs, but is NOT in the file here")
            else:
                words.append("signs checkpoints beside the newest")
            self.stdout.write("  ".join(words))

    def _rotate(self) -> None:
        made = keys.rotate()
        self.stdout.write(
            f"Key {made.number} signs from now on:\n{made.vkey}\n"
            "While Huiyin runs, /log/checkpoint carries its signature within seconds.\n"
            f"It lies in {settings.HUIYIN_LOG_KEY_FILE}. Keep a copy offline, copy the file to "
            "every other machine of this installation, and then retire the older key: "
            f"huiyin log-key retire {made.number - 1}"
        )

    def _retire(self, number: int, *, sure: bool) -> None:
        key = LogKey.objects.select_related("retirement").filter(number=number).first()
        if key is None:
            raise CommandError(f"There is no key {number}. They are: huiyin log-key list")
        if keys.is_retired(key):
            self.stdout.write(f"Key {number} is retired already.")
            return
        self.stdout.write(_RETIRING.format(vkey=key.vkey, path=settings.HUIYIN_LOG_KEY_FILE))
        if not sure:
            if not sys.stdin.isatty():
                raise CommandError("Nothing was done. Where nobody can answer, say --yes.")
            if input(f"Retire key {number}? Type its number: ").strip() != str(number):
                raise CommandError("Nothing was done.")
        keys.retire(key)
        self.stdout.write(f"Key {number} is retired.")
