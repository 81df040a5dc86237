"""``huiyin transitions``: the page about the transition table."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from huiyin.matters.transitions import page


class Command(BaseCommand):
    help = "Print the transition table of the closed loop as a page (Markdown)."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--language", choices=["en", "zh-hans"], default="en")

    def handle(self, *_args: Any, **options: Any) -> None:
        self.stdout.write(page(options["language"]), ending="")
