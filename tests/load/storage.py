"""Storage that fails: the power goes, the disk is full."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

from huiyin.reviews.receipts import hash_of
from tests.load import ledger
from tests.load.stage import Stage, Under

# Bytes of a disk that are filled block by block.
_LAST = 16 << 20


def power(stage: Stage, load: Under) -> str:
    """Copy SQLite's files at arbitrary instants while it writes, and recover from each copy.

    The process is held still for the copy, so that it is what was in the files at one instant. Some
    copies go without the shared memory, as after a power cut, some end in half a frame.
    """
    copies: list[tuple[float, Path]] = []
    folder = Path(tempfile.mkdtemp(prefix="huiyin-power-"))
    try:
        while load.goes_on and len(copies) < 3 * stage.size.times:
            load.wait_for_more()
            time.sleep(stage.chance.uniform(0.0, 0.3))
            copies.append((time.monotonic(), _copy(stage, folder / str(len(copies)))))
        load.finish()
        promised = 0
        for at, copy in copies:
            had = {
                hash_of(one.receipt["code"])
                for one in ledger.answers(load.crowd.answers)
                if one.status == 201 and one.at < at
            }
            promised += len(had)
            stage.wrong += [f"{copy.name}: {what}" for what in _recovered(copy, had)]
    finally:
        shutil.rmtree(folder)
    return f"{len(copies)} copies of the database recovered, {promised} receipts in them"


def full(stage: Stage, load: Under) -> str:
    """Fill the disk that everything lies on, and make room again a little later."""
    filled = 0
    while load.goes_on and filled < max(1, stage.size.times // 2):
        load.wait_for_more()
        ballast = stage.folder.parent / "ballast"
        until = time.monotonic() + stage.size.seconds / 4
        with ballast.open("ab", buffering=0) as file:
            os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(ballast.parent).free - _LAST)
            file.seek(0, os.SEEK_END)
            # The last blocks one by one, and again whenever one comes free.
            while time.monotonic() < until:
                with suppress(OSError):
                    while file.write(bytes(4096)):
                        pass
                time.sleep(0.01)
        ballast.unlink()
        filled += 1
        stage.start()
        load.wait_for_more()
    return f"a full disk, {filled} times"


def _copy(stage: Stage, to: Path) -> Path:
    to.mkdir()
    names = ["huiyin.sqlite3", "huiyin.sqlite3-wal", "huiyin.sqlite3-shm"]
    if stage.chance.random() < 0.5:
        names.pop()
    os.kill(stage.serve, signal.SIGSTOP)
    try:
        there = [str(stage.folder / name) for name in names if (stage.folder / name).exists()]
        # By a process of its own: a file of SQLite's that this one closes takes with it the locks
        # of this one's connections.
        subprocess.run(["cp", *there, str(to)], check=True)
    finally:
        os.kill(stage.serve, signal.SIGCONT)
    if stage.chance.random() < 0.5:
        with (to / "huiyin.sqlite3-wal").open("ab") as wal:
            wal.write(stage.chance.randbytes(stage.chance.randrange(1, 4096)))
    return to


def _recovered(copy: Path, had: set[bytes]) -> Iterator[str]:
    """What is wrong with the database in ``copy``, to which the receipts ``had`` were given."""
    with closing(sqlite3.connect(copy / "huiyin.sqlite3")) as database:
        [found] = database.execute("PRAGMA integrity_check").fetchone()
        if found != "ok":
            yield found
        codes = {row[0] for row in database.execute("SELECT code_hash FROM reviews_review")}
        if had - codes:
            yield f"{len(had - codes)} receipts without their review"
        for what, query in _QUERIES.items():
            [many] = database.execute(query).fetchone()
            if many:
                yield f"{many} {what}"


_QUERIES = {
    "reviews without an entry": "SELECT count(*) FROM reviews_review r "
    "LEFT JOIN log_entry e ON e.id = r.entry_id WHERE e.id IS NULL",
    "entries without a review": "SELECT count(*) FROM log_entry e "
    "LEFT JOIN reviews_review r ON r.entry_id = e.id WHERE e.kind = 'review' AND r.id IS NULL",
    "bad reviews without a matter": "SELECT count(*) FROM reviews_review r "
    "LEFT JOIN matters_matter m ON m.subject_id = r.id WHERE r.level <= 2 AND m.id IS NULL",
    "matters without a first step": "SELECT count(*) FROM matters_matter m "
    "LEFT JOIN matters_step s ON s.matter_id = m.id AND s.number = 1 WHERE s.id IS NULL",
    "entries that neither wait nor have a place": "SELECT count(*) FROM log_entry e "
    "LEFT JOIN log_leaf l ON l.entry_id = e.id LEFT JOIN log_pendingentry p ON p.entry_id = e.id "
    "WHERE (l.entry_id IS NULL) = (p.entry_id IS NULL)",
    "gaps in the log": 'SELECT coalesce(max("index") + 1 - count(*), 0) FROM log_leaf',
}
