"""Where the microseconds of a review go: storing in groups of 16, as two web workers with 32
connections do it, seen by a sampling profiler that counts processor time.

Printed are the microseconds a review that this process takes, by the function of ours that was at
work (with all that it called outside of ours), and on PostgreSQL those of the database's process.
What HTTP costs is the difference to ``script/bench lane``.
"""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any

from bench import setting

UNITS = 50
TOGETHER = 16
GROUPS, QUICK_GROUPS = 2500, 500
# Plans are made, and what hardly ever changes is read.
WARM_UP = 20
_SHOWN = 18
_EVERY_SECONDS = 0.001
_OURS = f"{os.sep}huiyin{os.sep}"


def main() -> None:
    chosen = setting.arguments(__doc__ or "")
    figures = setting.Figures(f"profile on {chosen.store}", as_json=chosen.json)
    with setting.store(chosen.store):
        setting.django()
        _run(figures, QUICK_GROUPS if chosen.quick else GROUPS)


def _run(figures: setting.Figures, groups: int) -> None:
    from django.db import connection, connections

    from bench import served, world
    from huiyin.conf.loops import collect_garbage_rarely
    from huiyin.kernel.memo import Memo
    from huiyin.reviews import tokens
    from huiyin.reviews.models import Channel
    from huiyin.reviews.receipts import Receipt
    from huiyin.reviews.services import Given, NewReview, submit_together

    offices = world.offices(UNITS)
    said = served.say(served.serve(offices, (groups + WARM_UP) * TOGETHER))
    world.settle()
    collect_garbage_rarely()
    memo = Memo(seconds=5.0)

    def given(body: dict[str, Any]) -> Given:
        review = NewReview(
            body["level"], body["tags"], body["text"], channel=Channel(body["channel"])
        )
        return Given(tokens.read(body["token"]), review, "zh-hans")

    def store(first: int, last: int) -> None:
        for number in range(first, last):
            bodies = said[number * TOGETHER : (number + 1) * TOGETHER]
            verdicts = submit_together([given(body) for body in bodies], memo)
            if not all(isinstance(verdict, Receipt) for verdict in verdicts):
                raise RuntimeError(f"not stored: {verdicts!r}")

    store(0, WARM_UP)
    backend = _backend_seconds(connection)
    found: Counter[str] = Counter()
    signal.signal(signal.SIGPROF, lambda _number, frame: found.update([_ours(frame)]))
    signal.setitimer(signal.ITIMER_PROF, _EVERY_SECONDS, _EVERY_SECONDS)
    began = time.process_time()
    store(WARM_UP, WARM_UP + groups)
    own = time.process_time() - began
    signal.setitimer(signal.ITIMER_PROF, 0)
    reviews = groups * TOGETHER
    figures.say("this process", 1e6 * own / reviews, "µs a review", groups_of=TOGETHER)
    if backend is not None:
        theirs = (_backend_seconds(connection) or 0.0) - backend
        figures.say("the database's process", 1e6 * theirs / reviews, "µs a review")
    for name, samples in found.most_common(_SHOWN):
        share = samples / found.total()
        figures.say(f"  {name}", 1e6 * own / reviews * share, "µs a review", share=f"{share:.0%}")
    connections.close_all()


def _ours(frame: FrameType | None) -> str:
    """The innermost function of the product that is at work."""
    while frame is not None:
        path, name = frame.f_code.co_filename, frame.f_code.co_name
        if _OURS in path and not name.startswith("<"):
            return f"{Path(path).stem}.{name}"
        frame = frame.f_back
    return "(the bench itself)"


def _backend_seconds(connection: Any) -> float | None:
    """The processor time of the database's process for this connection; None on SQLite."""
    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [number] = cursor.fetchone()
    fields = Path(f"/proc/{number}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
