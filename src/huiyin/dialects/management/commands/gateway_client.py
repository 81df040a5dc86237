"""huiyin gateway_client: let an existing system push in its dialect, or give it new secrets."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from huiyin.dialects import traits
from huiyin.dialects.admin import told
from huiyin.dialects.models import DEFAULT_WINDOW_MINUTES, GatewayClient
from huiyin.dialects.services import clients
from huiyin.directory import codes
from huiyin.directory.models import Organisation, Region
from huiyin.kernel.problems import Invalid


class Command(BaseCommand):
    help = "Add a client of a gateway, or renew its secrets; they are shown once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dialect", choices=sorted(traits.BY_NAME))
        parser.add_argument("app_mark", help="how the system names itself (appMark)")
        parser.add_argument("--name", help="what we call it; without it: the application mark")
        parser.add_argument("--region", help="division code: it may push for what lies within")
        parser.add_argument("--organisation", help="credit code of the body that answers for it")
        parser.add_argument(
            "--window", type=int, default=DEFAULT_WINDOW_MINUTES, metavar="MINUTES",
            help="how far its clock may be off (default: %(default)s)",
        )  # fmt: skip
        parser.add_argument(
            "--success-code", default="", metavar="CODE",
            help="what the system takes for success (zhejiang; default: 1)",
        )  # fmt: skip
        parser.add_argument(
            "--json-replies", action="store_true", help="answer in JSON instead of XML (fujian)"
        )
        parser.add_argument("--renew", action="store_true", help="only make new secrets")
        parser.add_argument(
            "--take-over",
            action="store_true",
            help="read the secrets of the platform that is replaced from standard input: the "
            "appWord on the first line, the private key in hexadecimal on the second",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        word, private = _read_secrets() if options["take_over"] else ("", "")
        try:
            if options["renew"]:
                client = _client(options["dialect"], options["app_mark"])
                secrets = clients.renew_secrets(client=client, word=word, private=private)
            else:
                client, secrets = clients.add_client(
                    name=options["name"] or options["app_mark"],
                    dialect=options["dialect"],
                    app_mark=options["app_mark"],
                    region=_region(options["region"]),
                    organisation=_organisation(options["organisation"]),
                    window_minutes=options["window"],
                    success_code=options["success_code"],
                    replies_in_json=options["json_replies"],
                    word=word,
                    private=private,
                )
        except Invalid as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(told(client, secrets))


def _read_secrets() -> tuple[str, str]:
    return sys.stdin.readline().strip(), sys.stdin.readline().strip()


def _client(dialect: str, app_mark: str) -> GatewayClient:
    found = GatewayClient.objects.filter(dialect=dialect, app_mark=app_mark).first()
    if found is None:
        raise CommandError("There is no such client.")
    return found


def _region(code: str | None) -> Region:
    found = Region.objects.filter(code=codes.twelve_digits(code or "")).first()
    if found is None:
        raise CommandError("--region must be the code of a division of this platform.")
    return found


def _organisation(uscc: str | None) -> Organisation:
    found = Organisation.objects.filter(uscc=(uscc or "").upper()).first()
    if found is None:
        raise CommandError("--organisation must be the credit code of a body of this platform.")
    return found
