"""``huiyin serve``: the pages, the API, and on SQLite everything else too."""

from __future__ import annotations

import os
import resource
import socket
import sys
from argparse import ArgumentParser
from contextlib import ExitStack, suppress
from tempfile import TemporaryDirectory
from typing import Any

import uvicorn
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from huiyin.conf import environment, metrics, startup
from huiyin.conf.listening import CAN_SPREAD, SocketForEach

# What a person waits for at most when the server is told to stop while pages are being sent.
_GRACEFUL_SECONDS = 5
_KEEP_ALIVE_SECONDS = 15


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
        _allow_many_connections()
        with ExitStack() as stack:
            if workers > 1:
                folder = stack.enter_context(TemporaryDirectory(prefix="huiyin-metrics-"))
                os.environ[metrics.FOLDER] = folder
            self._serve(host, port, workers)

    def _serve(self, host: str, port: int, workers: int) -> None:
        config = uvicorn.Config(
            "huiyin.conf.asgi:application",
            host=host,
            port=port,
            workers=workers,
            loop="auto",
            http="huiyin.conf.patience:Protocol",
            ws="none",
            lifespan="on",
            # Addresses hold invitation tokens and receipt codes: they are never logged.
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=bool(settings.HUIYIN_TRUSTED_PROXIES),
            forwarded_allow_ips=settings.HUIYIN_TRUSTED_PROXIES,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=_GRACEFUL_SECONDS,
        )
        with suppress(KeyboardInterrupt):
            if workers > 1:
                shared: Any = SocketForEach(host, port) if CAN_SPREAD else config.bind_socket()
                Multiprocess(config, sockets=[shared]).run()
                return
            server = uvicorn.Server(config)
            server.run()
            if not server.started:
                sys.exit(STARTUP_FAILURE)


def _allow_many_connections() -> None:
    """Raise the number of descriptors of this process, and of those it starts, as far as it may."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # Some systems have a limit of which they say that there is none.
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


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
