"""``huiyin seed``: reference data, and in demo mode offices, people and invitations."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from huiyin.conf import demo_sheet, seeding
from huiyin.conf.quietly import only_warnings


class Command(BaseCommand):
    help = "Put in place what every installation needs and, in demo mode, a demo. Safe to repeat."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            seeding.seed_reference_data()
        except seeding.CannotSeed as error:
            raise CommandError(str(error)) from error
        if settings.HUIYIN_DEMO:
            with only_warnings():
                sheet = seeding.seed_demo()
            self.stdout.write(demo_sheet.as_text(sheet))
        else:
            self.stdout.write("Divisions, working days, rules and tags are in place.")
