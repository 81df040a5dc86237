"""The console command: ``huiyin serve``, ``huiyin import-events FILE``, and Django's own."""

from __future__ import annotations

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line


def main() -> None:
    # The database, uploads and keys are nobody else's to read, whatever the caller's umask.
    os.umask(0o077)
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
