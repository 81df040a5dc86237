"""``huiyin add-administrator``: the first person of a new installation."""

from __future__ import annotations

import getpass
import os
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from huiyin.directory import services as directory
from huiyin.directory.models import Organisation, Region, Role
from huiyin.kernel.problems import Problem

PASSWORD_VARIABLE = "HUIYIN_ADMIN_PASSWORD"  # noqa: S105  (a name, not a password)


class Command(BaseCommand):
    help = (
        "Add an administrator for the whole jurisdiction. The password is asked for, or taken from "
        f"{PASSWORD_VARIABLE}; it is never an argument, where other users of the machine see it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--username", required=True)
        parser.add_argument("--name", required=True, help="as colleagues know the person")
        parser.add_argument(
            "--organisation-uscc", required=True, help="unified social credit code, 18 characters"
        )
        parser.add_argument(
            "--organisation-name", help="needed when the platform does not know the code yet"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        region = Region.objects.filter(code=settings.HUIYIN_JURISDICTION).first()
        if region is None:
            raise CommandError(
                f"There is no division {settings.HUIYIN_JURISDICTION} (HUIYIN_JURISDICTION) yet. "
                "Run: huiyin seed"
            )
        try:
            with transaction.atomic():
                directory.add_staff(
                    username=options["username"],
                    display_name=options["name"],
                    organisation=_organisation(options, region),
                    password=os.environ.get(PASSWORD_VARIABLE) or _asked(),
                    role=Role.ADMINISTRATOR,
                    region=region,
                )
        except Problem as problem:
            raise CommandError(
                f"{problem.field}: {problem}" if problem.field else str(problem)
            ) from problem
        self.stdout.write(
            f"{options['username']} may now sign in at {settings.HUIYIN_BASE_URL}/desk/"
        )


def _organisation(options: dict[str, Any], region: Region) -> Organisation:
    uscc, name = options["organisation_uscc"].upper(), options["organisation_name"]
    known = Organisation.objects.filter(uscc=uscc).first()
    if known is not None:
        return known
    if not name:
        raise CommandError(f"No organisation has the code {uscc}. Give --organisation-name too.")
    new = Organisation(uscc=uscc, name=name, kind=Organisation.Kind.PLATFORM, region=region)
    try:
        new.full_clean()
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from error
    new.save()
    return new


def _asked() -> str:
    password = getpass.getpass("Password: ")
    if password != getpass.getpass("Once more: "):
        raise CommandError("The two passwords differ.")
    return password
