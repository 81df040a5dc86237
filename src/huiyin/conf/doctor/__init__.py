"""The checks behind ``huiyin doctor``. Each is a small function that says what it found.

A check returns findings; it never changes anything. Add one to ``CHECKS`` and it is run, printed
and counted.
"""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection

from huiyin.conf import startup
from huiyin.conf.doctor.database import append_only, master_key, role, store
from huiyin.conf.doctor.finding import Finding, Findings, Level
from huiyin.conf.doctor.gateways import sm2
from huiyin.conf.doctor.installation import address, disk, keys, mode, private_files
from huiyin.conf.doctor.log import agreement, public_log
from huiyin.conf.doctor.running import background, calendar, clocks, sweeping
from huiyin.conf.doctor.telling import circuits, dingtalk, notices

__all__ = ["Finding", "Level"]


def run(*, full: bool = False, connect: bool = False) -> list[Finding]:
    """Everything the checks found, in order; with ``full`` every row is compared with the log, with
    ``connect`` the systems that notices go to are asked whether they know us.

    A database that does not answer or lacks tables is said once, not by each check that needs it.
    """
    findings = [finding for check in CHECKS for finding in check()]
    try:
        connection.ensure_connection()
    except (DatabaseError, ImproperlyConfigured) as error:
        return [
            *findings,
            Finding(
                Level.FAIL,
                "database",
                f"does not answer: {error}",
                "Check HUIYIN_DATABASE_URL and whether the server runs.",
            ),
        ]
    missing = startup.unapplied_migrations()
    if missing:
        return [
            *findings,
            Finding(
                Level.FAIL,
                "migrations",
                f"{len(missing)} are missing, first {missing[0]}",
                "Run: huiyin migrate",
            ),
        ]
    findings += [finding for check in DATABASE_CHECKS for finding in check()]
    findings += dingtalk(connect=connect)
    findings += agreement(full=full)
    return findings


CHECKS: tuple[Callable[[], Findings], ...] = (mode, address, keys, private_files, disk)
DATABASE_CHECKS: tuple[Callable[[], Findings], ...] = (
    store,
    append_only,
    role,
    master_key,
    public_log,
    clocks,
    calendar,
    background,
    sweeping,
    notices,
    circuits,
    sm2,
)
