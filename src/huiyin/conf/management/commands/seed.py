"""``huiyin seed``: reference data, and in demo mode offices, people and invitations."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from huiyin.conf import demo_sheet, seeding


class Command(BaseCommand):
    help = "Put in place what every installation needs and, in demo mode, a demo. Safe to repeat."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        seeding.seed_reference_data()
        if settings.HUIYIN_DEMO:
            self.stdout.write(demo_sheet.as_text(seeding.seed_demo()))
        else:
            self.stdout.write("Divisions, working days, rules and tags are in place.")
