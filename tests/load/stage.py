"""The real product under load, to which something is about to happen.

``Stage`` runs ``huiyin serve`` and on PostgreSQL ``huiyin work``, each a process of its own that
can be killed, and starts again whatever is down. ``Crowd`` are citizens, each with an invitation, a
review and an Idempotency-Key of their own. ``Under`` is the load that they make.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from random import Random
from typing import Any

import httpx
from cryptography.exceptions import InvalidSignature
from django.db import connection, connections

from bench import running, served, setting, world
from huiyin.log.models import Leaf, PendingEntry
from tests.load import ledger
from tests.support import log_reader

UNITS = 10
WORKERS = 2
# For whatever comes by itself: a start, a sealing.
PATIENCE_SECONDS = 60.0
_SAMPLE, _VERIFIED = 40, 3
# The line at the end of a traceback.
_ERROR = re.compile(r"^(?:[A-Za-z_]+\.)*[A-Z][A-Za-z]+(?:Error|Exception)\b.*$", re.MULTILINE)


@dataclass(frozen=True)
class Size:
    """How much of everything: ``reviews`` and ``seconds`` of load, how often it ``times`` happens,
    how many ``connections`` beside the load's own."""

    reviews: int
    seconds: int
    times: int
    connections: int


WHOLE = Size(reviews=10_000, seconds=20, times=6, connections=10_000)
SHORT = Size(reviews=2_000, seconds=4, times=2, connections=1_000)


@dataclass(frozen=True)
class Crowd:
    name: str
    said: list[dict[str, Any]]
    bodies: Path
    answers: Path

    def request(self, number: int, address: str) -> bytes:
        """The request of citizen ``number``, byte by byte as the load sends it."""
        body = json.dumps(self.said[number], ensure_ascii=False).encode()
        head = (
            f"POST /api/v1/reviews HTTP/1.1\r\nhost: {address}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n"
            f"idempotency-key: {self.name}-{number}\r\n\r\n"
        )
        return head.encode() + body


class Under:
    """A load that is running."""

    def __init__(self, process: subprocess.Popen[str], crowd: Crowd) -> None:
        self._process, self.crowd = process, crowd
        self.outcome: dict[str, Any] = {}

    @property
    def goes_on(self) -> bool:
        return self._process.poll() is None

    def wait_for_more(self, seconds: float = 20.0) -> None:
        """Until more answers have come, or the load is over."""
        before, until = self._size(), time.monotonic() + seconds
        while self.goes_on and self._size() == before and time.monotonic() < until:
            time.sleep(0.005)

    def finish(self) -> None:
        """Wait for its end; again is nothing."""
        if self.outcome:
            return
        printed, _ = self._process.communicate()
        if self._process.returncode:
            raise RuntimeError("the load generator failed")
        self.outcome = json.loads(printed)

    def _size(self) -> int:
        answers = self.crowd.answers
        return answers.stat().st_size if answers.exists() else 0


class Stage:
    def __init__(
        self, store: str, ground: setting.Store, scratch: Path, *, size: Size, seed: int
    ) -> None:
        """Needs Django set up on the database of ``ground``. ``scratch`` is a folder elsewhere."""
        self.store, self.size, self.chance = store, size, Random(seed)
        self.folder, self.server = ground.folder, ground.server
        self.port = running.free_port()
        self.address = f"127.0.0.1:{self.port}"
        os.environ["HUIYIN_BASE_URL"] = f"http://{self.address}"
        self.url = f"http://{self.address}/api/v1/reviews"
        self._scratch, self._seed = scratch, seed
        # What faults find wrong beside what ``check`` does.
        self.wrong: list[str] = []
        self._read: dict[Path, int] = {}
        self._offices = world.offices(UNITS)
        setting.huiyin("collectstatic", "--no-input", "--verbosity=0")
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    # What runs

    @property
    def serve(self) -> int:
        """The process that accepts reviews (on PostgreSQL, the one above those that do)."""
        return self._processes["serve"].pid

    @property
    def sealer(self) -> str:
        """The name of the process that seals."""
        return "work" if self.store == "postgres" else "serve"

    def start(self) -> None:
        """Start what is not running, the database included, and wait until it answers."""
        if self.server and not self.server.runs:
            self.server.start()
            connection.close()
            connection.close_pool()
        workers = WORKERS if self.store == "postgres" else 1
        commands = {"serve": ("serve", f"--port={self.port}", f"--workers={workers}")}
        if self.store == "postgres":
            commands["work"] = ("work",)
        for name, command in commands.items():
            before = self._processes.get(name)
            if before and before.poll() is None:
                continue
            if before and before.returncode != -signal.SIGKILL:
                self.wrong.append(f"huiyin {name} ended by itself with {before.returncode}")
            self._processes[name] = self._run(name, command)
        running.wait_until_ready(self.port)

    def stop(self) -> None:
        for process in self._processes.values():
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
        for process in self._processes.values():
            process.wait(30)
        connections.close_all()

    def kill(self, name: str) -> None:
        """SIGKILL the process ``name`` with all that it started."""
        os.killpg(self._processes[name].pid, signal.SIGKILL)
        self._processes[name].wait(20)

    def errors(self) -> Counter[str]:
        """The errors that the processes have logged since the last time, by their last line."""
        found: Counter[str] = Counter()
        for path in self._scratch.glob("*.log"):
            with path.open(errors="replace") as lines:
                lines.seek(self._read.get(path, 0))
                text = lines.read()
                self._read[path] = lines.tell()
            found.update(f"{path.stem}: {line}" for line in _ERROR.findall(text))
        return found

    # Who gives reviews

    def crowd(self, name: str, many: int) -> Crowd:
        links = served.serve(self._offices, many, seed=self._seed)
        said = served.say(links, seed=self._seed)
        folder = self._scratch / name
        folder.mkdir()
        bodies = served.write(said, folder / "bodies")
        return Crowd(f"{name}-{self._seed}", said, bodies, folder / "answers")

    @contextmanager
    def load(self, crowd: Crowd, *, connections: int = 32) -> Iterator[Under]:
        """Let ``crowd`` give its reviews for as long as this lasts, or until the time is up."""
        under = Under(
            subprocess.Popen(
                self._load(crowd, crowd.answers, connections, self.size.seconds),
                stdout=subprocess.PIPE,
                text=True,
            ),
            crowd,
        )
        try:
            yield under
        finally:
            under.finish()

    def _load(self, crowd: Crowd, answers: Path, connections: int, seconds: int) -> list[str]:
        return [
            *(sys.executable, "-m", "bench.load", self.url, str(crowd.bodies)),
            *(f"--connections={connections}", f"--seconds={seconds}"),
            *(f"--keys={crowd.name}", f"--answers={answers}"),
        ]

    # What must hold afterwards

    def check(self, crowd: Crowd) -> tuple[str, list[str]]:
        """What was looked at, and what is wrong."""
        self.start()
        found, self.wrong = self.wrong, []
        given = [one for one in ledger.answers(crowd.answers) if one.status == 201]
        before = {one.number: one.receipt["code"] for one in given}
        again = self._again(crowd)
        lost = [one for one in again if one.status != 201]
        wrong = found + [f"{one.number} again: {one.status} {one.body}" for one in lost[:5]]
        if len(again) != len(crowd.said):
            wrong.append(f"{len(crowd.said)} asked again and {len(again)} answers")
        repeated = [one for one in again if one.status == 201]
        wrong += [
            f"{before[one.number]} was given again as {one.receipt['code']}"
            for one in repeated
            if before.get(one.number, one.receipt["code"]) != one.receipt["code"]
        ]
        wrong += ledger.stored(given, crowd.said)
        wrong += ledger.stored(repeated, crowd.said)
        wrong += [*ledger.once(), *ledger.loop(), *self._sealed(), *ledger.places()]
        wrong += self._published(given)
        opened = self.chance.sample(given, min(_SAMPLE, len(given)))
        wrong += self._status_pages(opened)
        log = f"http://{self.address}/log"
        for one in opened[:_VERIFIED]:
            wrong += ledger.receipt_holds(one.receipt, log, self._scratch / "memory")
        later = len({one.number for one in repeated} - before.keys())
        looked_at = (
            f"{len(given)} receipts, all looked up, found in the public log and asked for again; "
            f"{len(opened)} status pages opened; {later} who had no receipt asked again"
        )
        return looked_at, wrong

    def _again(self, crowd: Crowd) -> list[ledger.Answer]:
        """Everybody sends their request again, with the same key."""
        answers = crowd.answers.with_suffix(".again")
        subprocess.run(self._load(crowd, answers, 32, 600), check=True, stdout=subprocess.DEVNULL)
        return ledger.answers(answers)

    def _sealed(self) -> list[str]:
        """Waits until nothing waits for its epoch."""
        until = time.monotonic() + PATIENCE_SECONDS
        while PendingEntry.objects.exists():
            if time.monotonic() > until:
                return [f"{PendingEntry.objects.count()} entries are not sealed"]
            time.sleep(0.2)
        return []

    def _published(self, given: Sequence[ledger.Answer]) -> list[str]:
        """Reads the log as anybody would: signature, tree and tiles fit, each receipt's entry is
        among them."""
        size = Leaf.objects.count()
        with httpx.Client(base_url=f"http://{self.address}", timeout=20, trust_env=False) as client:
            try:
                log_reader.wait_until(client, size, seconds=PATIENCE_SECONDS)
                entries = log_reader.read(client)
            except (AssertionError, httpx.HTTPError, InvalidSignature) as error:
                return [f"the public log does not fit: {error!r}"]
        public = {hashlib.sha256(b"\0" + entry).hexdigest() for entry in entries}
        lost = [one for one in given if one.receipt["entry_hash"] not in public]
        return [f"{len(lost)} receipts whose entry is not in the public log"] if lost else []

    def _status_pages(self, some: Sequence[ledger.Answer]) -> list[str]:
        http, wrong = HTTPConnection(self.address, timeout=20), []
        for one in some:
            code = one.receipt["code"]
            http.request("GET", f"/s/{code}")
            answer = http.getresponse()
            answer.read()
            if answer.status != 200:
                wrong.append(f"the status page of {code} answers {answer.status}")
        http.close()
        return wrong

    def _run(self, name: str, command: Sequence[str]) -> subprocess.Popen[bytes]:
        with (self._scratch / f"{name}.log").open("ab") as log:
            # A session of its own: kill() reaches everything that it starts, and only that.
            return subprocess.Popen(
                [sys.executable, "-m", "django", *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
