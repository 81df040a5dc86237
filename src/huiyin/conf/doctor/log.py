"""The public log: its keys and files, and whether the tables still say what it says."""

from __future__ import annotations

from huiyin.conf import health
from huiyin.conf.doctor.finding import Finding, Findings, Level
from huiyin.kernel import clock
from huiyin.log import agreement as log_agreement
from huiyin.log import checkpoints, files
from huiyin.log import keys as log_keys
from huiyin.log.errors import LogBroken


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
        "chunks of imported reviews are not what they were when they entered the log": (
            integrity.altered_imports(full=full)
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
