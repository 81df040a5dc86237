"""``huiyin doctor``: what is wrong with this installation, and what to do about it."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from huiyin.conf import doctor
from huiyin.conf.doctor import Finding, Level


class Command(BaseCommand):
    help = "Check settings, database, clock, keys, disk and background work; exit 1 on a failure."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", dest="as_json", help="for machines")
        parser.add_argument(
            "--full", action="store_true", help="compare every row with the log, however long it is"
        )

        parser.add_argument(
            "--connect", action="store_true", help="ask the systems that notices go to"
        )

    def handle(self, *args: Any, as_json: bool, full: bool, connect: bool, **options: Any) -> None:
        findings = doctor.run(full=full, connect=connect)
        if as_json:
            everything = [asdict(finding) for finding in findings]
            self.stdout.write(json.dumps(everything, ensure_ascii=False, indent=2))
        else:
            self._print(findings)
        if any(finding.level is Level.FAIL for finding in findings):
            sys.exit(1)

    def _print(self, findings: list[Finding]) -> None:
        colour = {
            Level.OK: self.style.SUCCESS,
            Level.WARNING: self.style.WARNING,
            Level.FAIL: self.style.ERROR,
        }
        for finding in findings:
            label = colour[finding.level](f"{finding.level:<7}")
            self.stdout.write(f"{label}  {finding.about:<11}  {finding.found}")
            if finding.advice:
                self.stdout.write(f"{'':22}→ {finding.advice}")
