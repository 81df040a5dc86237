"""The checks behind ``huiyin doctor``. Each is a small function that says what it found.

A check returns findings; it never changes anything. Add one to ``CHECKS`` and it is run, printed
and counted.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection

from huiyin.conf import canary, database_role, health, startup
from huiyin.kernel import clock, timemachine
from huiyin.log import agreement as log_agreement
from huiyin.log import checkpoints, files
from huiyin.log import keys as log_keys
from huiyin.log.errors import LogBroken

_OLDEST_POSTGRESQL = 15
# The month by which the next year's notice has always been published.
_NOTICE_IS_OUT = 12
_LITTLE_SPACE, _NO_SPACE = 2 * 1024**3, 200 * 1024**2


class Level(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAIL = "FAIL"


@dataclass(frozen=True)
class Finding:
    level: Level
    about: str
    found: str
    advice: str = ""


Findings = Iterator[Finding]


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


def mode() -> Findings:
    if settings.HUIYIN_DEMO:
        yield Finding(
            Level.WARNING,
            "mode",
            "demo: invented offices, a clock that can be moved",
            "For real use set HUIYIN_MODE=production.",
        )
    else:
        yield Finding(Level.OK, "mode", "production")


def address() -> Findings:
    if settings.HUIYIN_BASE_URL.startswith("https://") or settings.HUIYIN_DEMO:
        yield Finding(Level.OK, "address", settings.HUIYIN_BASE_URL)
    else:
        yield Finding(
            Level.FAIL,
            "address",
            f"{settings.HUIYIN_BASE_URL} is not encrypted",
            "Set HUIYIN_BASE_URL to an https:// address; tokens travel in it.",
        )


def keys() -> Findings:
    for name, key in (
        ("HUIYIN_SECRET_KEY", settings.SECRET_KEY.encode()),
        ("HUIYIN_MASTER_KEY", settings.HUIYIN_MASTER_KEY),
    ):
        if len(set(key)) < 12:
            yield Finding(
                Level.FAIL,
                "keys",
                f"{name} is made of too few different characters",
                "Make a random one: python -c 'import secrets; print(secrets.token_urlsafe(48))'",
            )
        else:
            yield Finding(Level.OK, "keys", f"{name} has its strength")


def private_files() -> Findings:
    """The demo's secrets and accounts lie in files; nobody else may read them."""
    for name in ("secrets.json", "demo.json"):
        path = Path(settings.HUIYIN_DATA_DIR) / name
        if not path.exists():
            continue
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            yield Finding(
                Level.FAIL, "keys", f"{path} can be read by others", f"Run: chmod 600 {path}"
            )
        else:
            yield Finding(Level.OK, "keys", f"{path} is private")


def disk() -> Findings:
    folder = Path(settings.HUIYIN_DATA_DIR)
    if not os.access(folder, os.W_OK):
        yield Finding(
            Level.FAIL,
            "disk",
            f"{folder} does not exist or cannot be written to",
            "Create it for the user that runs Huiyin, or set HUIYIN_DATA_DIR.",
        )
        return
    free = shutil.disk_usage(folder).free
    found = f"{free / 1024**3:.1f} GiB free in {folder}"
    if free < _LITTLE_SPACE:
        level = Level.FAIL if free < _NO_SPACE else Level.WARNING
        yield Finding(level, "disk", found, "Make room: a full disk refuses every review.")
    else:
        yield Finding(Level.OK, "disk", found)


def store() -> Findings:
    if connection.vendor == "postgresql":
        yield from _postgresql()
    else:
        yield from _sqlite()


def _postgresql() -> Findings:
    version = connection.get_database_version()
    found = "PostgreSQL " + ".".join(str(part) for part in version)
    if version[0] < _OLDEST_POSTGRESQL:
        yield Finding(
            Level.FAIL, "database", found, f"Huiyin needs PostgreSQL {_OLDEST_POSTGRESQL} or newer."
        )
    else:
        yield Finding(Level.OK, "database", found)
    for name in ("fsync", "synchronous_commit", "full_page_writes"):
        if _setting(f"SHOW {name}") == "off":
            yield Finding(
                Level.FAIL,
                "database",
                f"{name} is off: a power cut loses acknowledged reviews",
                f"Set {name} = on in postgresql.conf.",
            )
    if _setting("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"):
        yield Finding(
            Level.WARNING,
            "database",
            "Huiyin connects as a superuser",
            "Give it a role of its own: a superuser can switch off the append-only triggers.",
        )


def _sqlite() -> Findings:
    journal, synchronous = _setting("PRAGMA journal_mode"), _setting("PRAGMA synchronous")
    if journal == "wal" and synchronous == 2:
        yield Finding(Level.OK, "database", "SQLite, WAL, synchronous=FULL")
    else:
        yield Finding(
            Level.FAIL,
            "database",
            f"SQLite with journal {journal}, synchronous {synchronous}",
            "Keep the file on a local disk: network file systems have no WAL.",
        )


def _setting(sql: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        row = cursor.fetchone()
    return row[0] if row else None


def append_only() -> Findings:
    """Every table that a migration guarded against changes still has its triggers."""
    guards = database_role.guards()
    sql = (
        "SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
        "WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')"
        if connection.vendor == "postgresql"
        else "SELECT tbl_name FROM sqlite_master WHERE type = 'trigger'"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql)
        guarded = [row[0] for row in cursor.fetchall()]
    bare = sorted(
        guard.table
        for guard in guards
        if guarded.count(guard.table) < guard.triggers[connection.vendor]
    )
    if bare:
        yield Finding(
            Level.FAIL,
            "append-only",
            f"no guard on {', '.join(bare)}",
            "Somebody removed database triggers. Restore the schema and look into who and why.",
        )
    else:
        yield Finding(Level.OK, "append-only", f"{len(guards)} tables refuse changes")


def master_key() -> Findings:
    if canary.opens():
        yield Finding(Level.OK, "keys", "the master key opens what this database sealed")
    else:
        yield Finding(
            Level.FAIL,
            "keys",
            "HUIYIN_MASTER_KEY is not the key of this database",
            "Set the right one from your offline copy; do not run with this one.",
        )


def public_log() -> Findings:
    """Keys, database and published files of the log belong together, and the files keep up."""
    about = "log"
    try:
        log_agreement.check()
    except LogBroken as error:
        yield Finding(Level.FAIL, about, error.found, error.advice)
        return
    newest = checkpoints.newest()
    if newest is None:
        yield Finding(Level.OK, about, "no epoch has been sealed yet")
        return
    if log_keys.rotation_is_unfinished():
        yield Finding(
            Level.WARNING, about, "a rotation was cut off", "Run it again: huiyin log-key rotate"
        )
    if log_keys.lags_behind():
        yield Finding(
            Level.WARNING,
            about,
            "the key file here lacks the newest key",
            "Copy the key file from the machine where it was rotated.",
        )
    there = files.read_checkpoint()
    published = there[1].size if there else 0
    late = clock.now() - newest.epoch.sealed_at
    if published < newest.size and late > health.SWEEPER_TOLERANCE:
        yield Finding(
            Level.FAIL,
            about,
            f"{newest.size} entries are sealed and {published} are published in {files.folder()}",
            "The log of `huiyin work` (or `serve`) says what keeps it. Every process needs the "
            "same HUIYIN_DATA_DIR.",
        )
    else:
        yield Finding(Level.OK, about, f"{published} entries published, keys and files agree")


def role() -> Findings:
    """On PostgreSQL: the application cannot change what is append-only, whatever it tries, and can
    do what it has to."""
    if connection.vendor != "postgresql":
        return
    unable = [
        table
        for table in sorted(connection.introspection.django_table_names(only_existing=True))
        if not _setting(f"SELECT has_table_privilege('{table}', 'INSERT')")
    ]
    if unable:
        yield Finding(
            Level.FAIL,
            "database",
            f"Huiyin's role has no rights on {', '.join(unable)}",
            "As the owner of the tables run: huiyin database-role ROLE, after each upgrade.",
        )
    able = sorted(
        table
        for table in database_role.append_only_tables()
        if _setting(f"SELECT has_table_privilege('{table}', 'UPDATE')")
    )
    if able:
        yield Finding(
            Level.WARNING,
            "database",
            f"Huiyin's role may UPDATE {able[0]} and {len(able) - 1} more append-only tables",
            "As their owner run: huiyin database-role ROLE, and let serve and work use that role.",
        )
    else:
        yield Finding(Level.OK, "database", "the role has no UPDATE on append-only tables")


def clocks() -> Findings:
    skew = health.clock_skew()
    found = f"{skew.total_seconds():+.1f} s from the database's clock"
    if abs(skew) > health.CLOCK_TOLERANCE:
        yield Finding(Level.FAIL, "clock", found, "Synchronise both machines (chrony, NTP).")
    else:
        yield Finding(Level.OK, "clock", found)
    timemachine.sync()
    if clock.offset():
        yield Finding(
            Level.WARNING,
            "clock",
            f"the demo's clock was moved forward by {clock.offset()}",
            "Nothing to do; remove the demo's data to start anew.",
        )


def calendar() -> Findings:
    """Whether deadlines are counted with notices of the State Council or with a guess. That for the
    next year comes in November; before December nobody is late."""
    from huiyin.calendars import queries

    today = clock.today()
    known, about = queries.calendar(since=today.year), "calendar"
    years = [today.year] if today.month < _NOTICE_IS_OUT else [today.year, today.year + 1]
    missing = [year for year in years if known.table(year).provisional]
    for year in missing:
        yield Finding(
            Level.WARNING,
            about,
            f"no notice of days off for {year}: deadlines in it are provisional",
            f"Enter it at {settings.HUIYIN_BASE_URL}/admin/calendars/calendaryear/, then look at "
            "which open deadlines it would move.",
        )
    if not missing:
        yield Finding(Level.OK, about, f"days off are known up to {years[-1]}")


def background() -> Findings:
    from huiyin.conf.background import LOOPS

    command = "huiyin work" if connection.vendor == "postgresql" else "huiyin serve"
    for loop in LOOPS:
        late = health.stale_loop(loop.name)
        if late:
            yield Finding(
                Level.WARNING,
                "background",
                f"{loop.name} {late}",
                f"Start it: {command}. If it runs, its log says what is wrong.",
            )
        else:
            yield Finding(Level.OK, "background", f"{loop.name} is at work")


def sweeping() -> Findings:
    """How far behind the sweeper is: since when the oldest clock has been asking for something."""
    from huiyin.matters import queries

    waiting, oldest = queries.clocks_waiting()
    if oldest is None:
        yield Finding(Level.OK, "sweeper", "no clock is waiting")
        return
    late = clock.now() - oldest
    found = f"{waiting} clocks wait for it, the oldest for {late.total_seconds():.0f} s"
    if late > health.SWEEPER_TOLERANCE:
        yield Finding(
            Level.WARNING,
            "sweeper",
            found,
            "Reminders are late. Start more workers (huiyin work), or look into the log for "
            "clocks that could not be rung.",
        )
    else:
        yield Finding(Level.OK, "sweeper", found)


def notices() -> Findings:
    """What somebody was to be told and was not."""
    from huiyin.notices import queries, relay

    unaddressed, dead = queries.unaddressed_count(), queries.dead_letter_count()
    advice = f"Look at {settings.HUIYIN_BASE_URL}/admin/notices/outbox/?state__exact=dead"
    if unaddressed:
        yield Finding(
            Level.FAIL,
            "notices",
            f"{unaddressed} found nobody on duty",
            f"{advice}, give somebody the duty and send them again.",
        )
    if dead > unaddressed:
        yield Finding(
            Level.WARNING,
            "notices",
            f"{dead - unaddressed} could not be delivered",
            f"{advice}; send them again when the cause is gone.",
        )
    if not dead:
        yield Finding(Level.OK, "notices", "no dead letters")
    if not relay.current().reaches_people:
        yield Finding(
            Level.WARNING,
            "notices",
            "no relay is installed: citizens read replies on the status page only",
            "Connect a telephone and SMS gateway.",
        )


def circuits() -> Findings:
    """Transports and endpoints that are left alone since they failed again and again."""
    from huiyin.notices import queries

    resting = list(queries.open_circuits())
    for circuit in resting:
        yield Finding(
            Level.WARNING,
            "notices",
            f"{circuit.endpoint or circuit.key} rests after {circuit.failures} failures in a row, "
            f"the last: {circuit.last_error}",
            "Nothing is lost: what is for it waits and is sent when it works again.",
        )
    if not resting:
        yield Finding(Level.OK, "notices", "no transport rests")


def dingtalk(*, connect: bool = False) -> Findings:
    """Whether staff can be told in government DingTalk, and groups by their robots; asks for a
    token only with ``connect``."""
    from huiyin.notices.queries import robots_at_work
    from huiyin.notices.transports.zwding import config
    from huiyin.notices.transports.zwding.client import Failed

    about = "dingtalk"
    if not config.wanted():
        yield Finding(Level.OK, about, "government DingTalk is not connected")
    else:
        try:
            host = config.credentials().host
            if connect:
                config.client().check()
        except config.NotConfigured as error:
            yield Finding(Level.FAIL, about, str(error), "Set it, or remove HUIYIN_ZWDING_HOST.")
        except Failed as error:
            yield Finding(
                Level.FAIL,
                about,
                f"no token from government DingTalk: {error}",
                "Check host, key and secret, this machine's clock, and that its address may call.",
            )
        else:
            found = (
                "knows us" if connect else "configured; `huiyin doctor --connect` asks for a token"
            )
            encrypted = host.startswith("https://")
            yield Finding(
                Level.OK if encrypted else Level.WARNING,
                about,
                f"government DingTalk: {found}" if encrypted else f"{host} is not encrypted",
                "" if encrypted else "Use https:// unless the whole way there is yours.",
            )
    robots, silenced = robots_at_work()
    if silenced:
        yield Finding(
            Level.WARNING,
            about,
            f"{silenced} of {robots} robots are silenced: they spoke too often",
            "Nothing is lost, it waits ten minutes. Let nothing else speak as the same robot.",
        )
    elif robots:
        yield Finding(Level.OK, about, f"{robots} robots")


def agreement(*, full: bool = False) -> Findings:
    """The tables still say what the log says; on a long log the newest rows unless ``full``."""
    from huiyin.conf import integrity

    wrong = {
        "entries have no place in the log and do not wait for one": integrity.unplaced_entries(
            full=full
        ),
        "reviews are not what they were when they entered the log": integrity.altered_reviews(
            full=full
        ),
        "matters do not stand where their last step left them": integrity.misplaced_matters(
            full=full
        ),
    }
    skipped = integrity.is_long() and not full
    if not skipped:
        wrong["figures are not the sum of the log"] = integrity.differing_tallies()
    for what, count in wrong.items():
        if count:
            yield Finding(
                Level.FAIL,
                "log",
                f"{count} {what}",
                "Somebody wrote past Huiyin. Keep a copy of the database; look into who and why.",
            )
    if not any(wrong.values()):
        found = "tables and figures agree with it"
        if skipped:
            found = (
                f"the newest {integrity.RECENT:,} rows agree with it; "
                "`huiyin doctor --full` compares all, and the figures"
            )
        yield Finding(Level.OK, "log", found)


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
)
