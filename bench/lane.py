"""The fast lane: reviews that are durable and have their receipt, a second.

On PostgreSQL two web workers, on SQLite one process, with 32 connections, an invitation of its own
for each review, 2 % of them bad. In the same run and on the same database server: pgbench's commits
of one row like a review's by 32 clients, an empty ASGI endpoint under the same load, one commit by
itself. Afterwards the database is asked whether every receipt has its review, its entry and, if
bad, its matter with step, clock and notice; it ends with an error when one has not.

    script/bench lane [--quick] [--json] [--store=postgres|sqlite]

Without ``--store`` both, and SQLite is compared with PostgreSQL.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from bench import running, setting
from bench.load import rank
from huiyin.kernel import clock
from tests.support.postgres import EmbeddedPostgres

if TYPE_CHECKING:
    from bench.world import World

UNITS = 50
CONNECTIONS = 32
WORKERS = {"postgres": 2, "sqlite": 1}
REVIEWS = {"postgres": 100_000, "sqlite": 60_000}
QUICK_REVIEWS = 10_000
# Before it counts: pools fill, plans are made.
WARM_UP_REVIEWS = 1_000
SECONDS, QUICK_SECONDS = 20, 5
COMMITS = 300
EMPTY_REQUESTS = 200_000
# Targets, as shares of the reference beside them.
OF_PGBENCH, OF_POSTGRES, P99 = 0.40, 0.5, 3.0

# One review as an installation stores it, with its unique keys and nothing else.
_TABLE = """
CREATE TABLE pgbench_review (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    event_id uuid NOT NULL,
    ordinal smallint NOT NULL,
    level smallint NOT NULL,
    tags jsonb NOT NULL,
    channel varchar(14) NOT NULL,
    trust varchar(8) NOT NULL,
    hide_name_from_public boolean NOT NULL,
    hide_name_from_unit boolean NOT NULL,
    accepted_at timestamptz NOT NULL,
    code_hash bytea NOT NULL UNIQUE,
    idempotency_hash bytea,
    entry_id uuid NOT NULL UNIQUE,
    UNIQUE (organisation_id, event_id, ordinal)
)
"""
_ROW = """INSERT INTO pgbench_review VALUES (uuidv7(), '01932f6c-6f00-7000-8000-000000000001',
uuidv7(), 1, 5, '["513"]', 'mobile', 'verified', false, false, now(),
decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex'), NULL,
uuidv7());
"""


# How the run on SQLite learns what the one on PostgreSQL found.
_BESIDE = "BENCH_LANE_BESIDE"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault(_BESIDE, f"{folder}/rate")
        chosen = setting.arguments(__doc__ or "")
        figures = setting.Figures(f"lane on {chosen.store}", as_json=chosen.json)
        with setting.store(chosen.store) as ground:
            os.environ |= running.EPOCHS
            setting.django()
            _run(figures, ground, chosen.store, quick=chosen.quick)


def _run(figures: setting.Figures, ground: setting.Store, store: str, *, quick: bool) -> None:
    from django.db import connections

    from bench import world

    seconds = QUICK_SECONDS if quick else SECONDS
    reference, target = 0.0, OF_PGBENCH
    if ground.server:
        reference = _pgbench(figures, ground.server, seconds)
        commit = _one_commit(figures)
        connections.close_all()
    beside = Path(os.environ[_BESIDE])
    if store == "sqlite":
        commit = _one_commit(figures)
        connections.close_all()
        reference, target = float(beside.read_text()) if beside.exists() else 0.0, OF_POSTGRES
    empty = _empty(figures, ground.folder, WORKERS[store])
    many = QUICK_REVIEWS if quick else REVIEWS[store]
    found = measure(ground.folder, store, world.offices(UNITS), many, seconds)
    rate = rate_of(found)
    beside.write_text(str(rate))
    compared = {"ratio": f"{rate / reference:.2f}", "target": target} if reference else {}
    figures.say("durable reviews", rate, "reviews/s", **compared, **_more(found))
    figures.say("their p50", found["p50_ms"], "ms", max=f"{found['max_ms']:.1f} ms")
    limit = empty + commit
    figures.say(
        "their p99",
        found["p99_ms"],
        "ms",
        of_empty_endpoint_and_one_commit=f"{found['p99_ms'] / limit:.2f}",
        target=f"at most {P99:.0f}",
    )
    wrong = _audit(figures, ground.folder)
    connections.close_all()
    if wrong:
        raise SystemExit("\n".join(wrong))


def measure(
    folder: Path,
    store: str,
    offices: World,
    many: int,
    seconds: int,
    *,
    warm_up: int = WARM_UP_REVIEWS,
) -> dict[str, Any]:
    """Give up to ``many`` reviews of ``offices`` for ``seconds`` to the product on this database,
    after ``warm_up`` that do not count; the outcome of the load. Answers and bodies stay in
    ``folder``. Raises when one is answered otherwise than with a receipt, or with the request to
    come again."""
    from django.db import connections

    from bench import served, world

    said = served.say(served.serve(offices, many + warm_up))
    bodies = served.write(said, folder / "bodies")
    world.settle()
    connections.close_all()
    with running.product(store, WORKERS[store], work=False) as (port, _serve):
        url = f"http://127.0.0.1:{port}/api/v1/reviews"
        crowd = f"--connections={CONNECTIONS}"
        warm = f"--requests={warm_up}"
        running.load(url, bodies, crowd, warm, f"--answers={folder / 'answers.warm'}")
        rest = (f"--first={warm_up}", f"--seconds={seconds}")
        outcome = running.load(url, bodies, crowd, *rest, f"--answers={folder / 'answers'}")
    if outcome["broken"] or outcome["statuses"].keys() - {"201", "503"}:
        raise SystemExit(f"not all reviews were accepted: {outcome}")
    return outcome


def rate_of(outcome: dict[str, Any]) -> float:
    """Reviews with a receipt, a second."""
    return float(outcome["statuses"].get("201", 0) / outcome["seconds"])


def _more(outcome: dict[str, Any]) -> dict[str, Any]:
    return {
        "asked to come again": outcome["statuses"].get("503", 0),
        "load_generator": f"{outcome['cpu_us_per_request']} µs each",
    }


def _pgbench(figures: setting.Figures, server: EmbeddedPostgres, seconds: int) -> float:
    """Commits of one row a second, by 32 clients with the protocol that clients speak unless they
    are told otherwise. The prepared one is printed too."""
    script = server.folder / "review.sql"
    script.write_text(_ROW)
    rates = {}
    for protocol in ("simple", "prepared"):
        with psycopg.connect(os.environ["HUIYIN_DATABASE_URL"], autocommit=True) as connection:
            connection.execute("DROP TABLE IF EXISTS pgbench_review")
            connection.execute(_TABLE)
            connection.execute("CHECKPOINT")
        printed = server.run(
            *("pgbench", "--no-vacuum", f"--host={server.folder}", "--username=postgres"),
            *(f"--client={CONNECTIONS}", "--jobs=2", f"--protocol={protocol}"),
            *(f"--time={seconds}", f"--file={script}", "bench"),
        )
        [rate] = re.findall(r"tps = ([0-9.]+)", printed)
        rates[protocol] = float(rate)
        figures.say(f"pgbench, {protocol} protocol", rates[protocol], "commits/s")
    with psycopg.connect(os.environ["HUIYIN_DATABASE_URL"], autocommit=True) as connection:
        connection.execute("DROP TABLE pgbench_review")
    return rates["simple"]


def _one_commit(figures: setting.Figures) -> float:
    """The median of a commit with nothing beside it, in milliseconds."""
    from django.db import connection, transaction

    taken = []
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE one_commit (a integer)")
        for _ in range(COMMITS):
            began = time.perf_counter()
            with transaction.atomic():
                cursor.execute("INSERT INTO one_commit VALUES (1)")
            taken.append(1000 * (time.perf_counter() - began))
        cursor.execute("DROP TABLE one_commit")
    figures.say("one commit, p50", rank(taken, 50), "ms", p99=f"{rank(taken, 99):.2f} ms")
    return rank(taken, 50)


def _empty(figures: setting.Figures, folder: Path, workers: int) -> float:
    """The p99 in milliseconds of an ASGI endpoint that does nothing, under the same load."""
    port = running.free_port()
    bodies = folder / "bodies.empty"
    body = {"token": "x" * 67, "level": 5, "tags": ["513"], "text": "", "channel": "web"}
    bodies.write_text((json.dumps(body) + "\n") * EMPTY_REQUESTS)
    with running.process("-m", "bench.empty", str(port), str(workers)):
        running.wait_until_ready(port)
        outcome = running.load(f"http://127.0.0.1:{port}/", bodies, f"--connections={CONNECTIONS}")
    bodies.unlink()
    p99 = float(outcome["p99_ms"])
    figures.say("empty endpoint", outcome["rate"], "answers/s", p99=f"{p99:.2f} ms")
    return p99


def _audit(figures: setting.Figures, folder: Path) -> list[str]:
    """Whether the database has what the receipts say, and how long sealing it takes."""
    from huiyin.log import sealing
    from huiyin.log.models import PendingEntry
    from huiyin.reviews.models import BAD_LEVELS, Review
    from tests.load import ledger

    said = [json.loads(line) for line in (folder / "bodies").read_text().splitlines()]
    given = [
        answer
        for kept in ("answers.warm", "answers")
        for answer in ledger.answers(folder / kept)
        if answer.status == 201
    ]
    wrong = [*ledger.stored(given, said), *ledger.once(), *ledger.loop(), *ledger.places()]
    if Review.objects.count() != len(given):
        wrong.append(f"{Review.objects.count()} reviews and {len(given)} receipts")
    bad = Review.objects.filter(level__in=BAD_LEVELS).count()
    figures.say("receipts kept", len(given), "receipts", bad=bad, wrong=len(wrong))
    waiting, began = PendingEntry.objects.count(), time.perf_counter()
    with clock.frozen(clock.now() + timedelta(days=2)):
        sealing.seal_if_due()
    figures.say("sealing them", waiting / (time.perf_counter() - began), "entries/s")
    return [*wrong, *ledger.places()]


if __name__ == "__main__":
    main()
