"""``huiyin serve``: the pages, the API, and on SQLite everything else too."""

from __future__ import annotations

import os
import socket
from argparse import ArgumentParser
from contextlib import ExitStack
from tempfile import TemporaryDirectory
from typing import Any

import uvicorn
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from huiyin.conf import environment, metrics, startup
from huiyin.conf.protocol import BoundedHeads

# What a person waits for at most when the server is told to stop while pages are being sent.
_GRACEFUL_SECONDS = 5
_KEEP_ALIVE_SECONDS = 15
# Open pages of the desk hold a connection each; beyond this, 503 at once instead of a long queue.
_CONNECTIONS = 2000


class Command(BaseCommand):
    help = "Run the web server (on SQLite with all background work; on PostgreSQL beside `work`)."
    # Django's checks run all models and addresses; they belong to tests, and cost a second here.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=environment.number("PORT", 8000))
        parser.add_argument("--workers", type=int, default=1)

    def handle(self, *args: Any, host: str, port: int, workers: int, **options: Any) -> None:
        if workers < 1:
            raise CommandError("--workers must be at least 1.")
        if workers > 1 and connection.vendor == "sqlite":
            raise CommandError(
                "On SQLite one process does all the writing; --workers needs PostgreSQL "
                "(set HUIYIN_DATABASE_URL)."
            )
        startup.check()
        startup.claim_embedded_database()
        _refuse_taken(host, port)
        connection.close()  # the threads that answer requests have their own
        with ExitStack() as stack:
            if workers > 1:
                folder = stack.enter_context(TemporaryDirectory(prefix="huiyin-metrics-"))
                os.environ[metrics.FOLDER] = folder
            self._serve(host, port, workers)

    def _serve(self, host: str, port: int, workers: int) -> None:
        uvicorn.run(
            "huiyin.conf.asgi:application",
            host=host,
            port=port,
            workers=workers,
            loop="auto",
            http=BoundedHeads,
            ws="none",
            lifespan="on",
            # Addresses hold invitation tokens and receipt codes: they are never logged.
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=bool(settings.HUIYIN_TRUSTED_PROXIES),
            forwarded_allow_ips=settings.HUIYIN_TRUSTED_PROXIES,
            limit_concurrency=_CONNECTIONS,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=_GRACEFUL_SECONDS,
        )


def _refuse_taken(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(
                f"Cannot listen on {host}:{port}: {error.strerror}. If another program (or another "
                "Huiyin) uses that port, stop it or choose another: PORT=8080."
            ) from error
