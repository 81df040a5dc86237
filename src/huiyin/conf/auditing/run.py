"""One audit, from the first entry to the last figure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

from huiyin.conf.auditing import figures
from huiyin.conf.auditing.differences import Found
from huiyin.conf.auditing.served import Published, Read, compare
from huiyin.conf.auditing.sums import Adding, Sums
from huiyin.verify.memory import Memory
from huiyin.verify.notes import Checkpoint, Key
from huiyin.verify.problems import AnswerMalformed, Problem
from huiyin.verify.proving import Proof, check_checkpoint, trusted_keys
from huiyin.verify.reading import Reader
from huiyin.verify.remote import Log

# How often the site may seal an epoch while its figures are read, before we give up on them.
_TRIES = 10

Tell = Callable[[str, int, int], None]


class RowsTaken(Protocol):
    """What compares the rows of this installation (``database.Rows``)."""

    def take(self, read: Read) -> None: ...

    def end(self) -> None: ...

    def compare_tallies(self, adding: Adding) -> None: ...


@dataclass
class Audit:
    """What came of it. ``problem``: where reading the log itself had to stop."""

    found: Found = field(default_factory=Found)
    proof: Proof = field(default_factory=Proof)
    problem: Problem | None = None
    entries: int = 0
    # The newest epoch whose figures were compared, and the sums as of it.
    epoch: int = 0
    sums: Sums | None = None
    with_rows: bool = False

    @property
    def passed(self) -> bool:
        return self.problem is None and not self.found.counts


def audit(
    log: Log,
    *,
    now: datetime,
    pinned: Key | None = None,
    memory: Memory | None = None,
    day: date | None = None,
    rows: Callable[[Found, Checkpoint], RowsTaken | None] | None = None,
    tell: Tell = lambda *_: None,
) -> Audit:
    """Read the log and compare. Never raises a ``Problem``: it is part of the answer."""
    result = Audit()
    try:
        _Auditor(result, log, now, pinned, memory, day, tell).run(rows)
    except Problem as problem:
        result.problem = problem
    return result


class _Auditor:
    def __init__(
        self,
        result: Audit,
        log: Log,
        now: datetime,
        pinned: Key | None,
        memory: Memory | None,
        day: date | None,
        tell: Tell,
    ) -> None:
        self._result, self._found, self._log, self._now = result, result.found, log, now
        self._pinned, self._memory, self._day, self._tell = pinned, memory, day, tell
        self._reader = Reader(log)
        self._published = Published(log.site)
        self._adding = Adding(day)
        self._rows: RowsTaken | None = None

    def run(self, rows: Callable[[Found, Checkpoint], RowsTaken | None] | None) -> None:
        proof = self._result.proof
        keyring = trusted_keys(proof, self._log, pinned=self._pinned, memory=self._memory)
        self._keyring = keyring
        checkpoint = check_checkpoint(proof, self._log, keyring, now=self._now, memory=self._memory)
        self._rows = rows(self._found, checkpoint) if rows else None
        self._result.with_rows = self._rows is not None
        self._read_to(checkpoint)
        self._compare_figures()
        if self._rows is not None:
            self._rows.compare_tallies(self._adding)
            self._rows.end()

    def _read_to(self, checkpoint: Checkpoint) -> None:
        self._result.proof.checkpoint = checkpoint
        for read in compare(self._reader.read_to(checkpoint), self._published, self._found):
            self._add(read)
            if self._rows is not None:
                self._rows.take(read)
            if read.index % 1000 == 0:
                self._tell("entries", read.index, checkpoint.size)
        self._result.entries = self._reader.size
        self._tell("entries", checkpoint.size, checkpoint.size)

    def _add(self, read: Read) -> None:
        if read.document is None:
            return
        try:
            # Without an epoch of its own it goes with the one before: it is in the log.
            self._adding.add(read.document, read.epoch or self._adding.last_epoch)
        except (AttributeError, KeyError, TypeError, ValueError):
            self._found.differs("entry_malformed", index=read.index)

    def _compare_figures(self) -> None:
        site = figures.Site(self._log.site)
        month = self._day.isoformat()[:7] if self._day else None
        try:
            for _try in range(_TRIES):
                epoch = figures.epoch_of(site.ask())
                if epoch > self._adding.last_epoch:
                    self._read_on()
                if epoch > self._adding.last_epoch:
                    self._found.differs("figures_ahead", epoch=epoch)
                    return
                sums = self._adding.as_of(epoch)
                if sums is None:
                    self._found.differs("figures_behind", epoch=epoch)
                    return
                self._result.epoch, self._result.sums = epoch, sums
                compared = Found()
                if figures.compare(site, sums, epoch, compared, month=month, tell=self._tell):
                    self._found.join(compared)
                    return
            self._found.remark("figures_moved")
        except AnswerMalformed as problem:
            self._found.differs("figures_malformed", address=problem.params["address"])

    def _read_on(self) -> None:
        """The log has grown while it was read: read what is new."""
        checkpoint = check_checkpoint(
            self._result.proof, self._log, self._keyring, now=self._now, memory=None
        )
        self._read_to(checkpoint)


def shown_sums(sums: Sums) -> Iterator[dict[str, Any]]:
    """The tallies of the day that was asked for, summed over bodies and regions."""
    totals: dict[tuple[str, int, str, str], int] = {}
    for key, amount in sums.of_day.items():
        place = (key.metric.value, key.value, key.trust, key.channel)
        totals[place] = totals.get(place, 0) + amount
    for (metric, value, trust, channel), amount in sorted(totals.items()):
        yield {
            "metric": metric,
            "value": value,
            "trust": trust,
            "channel": channel,
            "amount": amount,
        }
