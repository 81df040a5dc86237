"""``huiyin work``: the background loops, beside any number of web processes on PostgreSQL."""

from __future__ import annotations

import signal
import sys
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from huiyin.conf import startup
from huiyin.conf.lifespan import start_listening
from huiyin.conf.loops import Runner, collect_garbage_rarely


class Command(BaseCommand):
    help = "Run the background loops (PostgreSQL; any number of copies may run)."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        if connection.vendor == "sqlite":
            raise CommandError(
                "On SQLite `huiyin serve` does the background work itself; `work` needs "
                "PostgreSQL (set HUIYIN_DATABASE_URL)."
            )
        startup.check()
        # A loop that computes lets the others, who mostly wait for the database, have their turn
        # soon: each of the dispatcher's statements would wait up to 5 ms for it otherwise.
        sys.setswitchinterval(0.001)
        collect_garbage_rarely()
        connection.close()  # the loops have their own
        from huiyin.conf.background import LOOPS

        told_to_stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: told_to_stop.set())
        stop_listening = start_listening()
        runner = Runner(LOOPS)
        runner.start()
        self.stdout.write("Working: " + ", ".join(loop.name for loop in LOOPS))
        self.stdout.flush()  # a file or a journal shows it now, not when the process ends
        told_to_stop.wait()
        self.stdout.write("Stopping when the rounds under way are done")
        runner.stop()
        stop_listening()
