"""The console command: ``huiyin serve``, ``huiyin verify RECEIPT``, and Django's own."""

from __future__ import annotations

import os
import sys

from huiyin.verify import cli as verifier


def main() -> None:
    # The database, uploads and keys are nobody else's to read, whatever the caller's umask.
    os.umask(0o077)
    if sys.argv[1:2] and sys.argv[1] in verifier.COMMANDS:
        # Whoever verifies has no installation, so no settings are read for it.
        verifier.main()
    if sys.argv[1:2] == ["audit"]:
        # An auditor may be anybody; settings are read where there are some.
        from huiyin.conf.auditing import cli as auditor

        auditor.main(sys.argv[2:])
    if sys.argv[1:2] in (["dialect-check"], ["dialect_check"]):
        # Whoever builds a system that will speak to us has no installation either.
        from huiyin.dialects.kit import cli as checker

        checker.main(sys.argv[2:])
    _django()


def _django() -> None:
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "huiyin.conf.settings")
    # Commands are modules, whose names take underscores; people type hyphens.
    arguments = [
        word.replace("-", "_") if place == 1 and not word.startswith("-") else word
        for place, word in enumerate(sys.argv)
    ]
    try:
        execute_from_command_line(arguments)
    except ImproperlyConfigured as error:
        sys.exit(f"huiyin: {error}")
