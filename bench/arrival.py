"""How long it takes from the acceptance of a bad review until other machines know of it.

For half a minute 500 reviews a second are given, 2 % of them bad. Each bad one is told to a system
that listens for webhooks (a server on loopback, which checks the signature with code of its own)
and to everybody's open desk (server-sent events of the real ``huiyin serve``, with a session): the
handler of the unit and the supervisor of the province have theirs open. The time counts from
``accepted_at``, the moment that the receipt names, to the arrival; not one may be missing.

The citizens come by the API. On PostgreSQL there are ``serve`` with two workers and ``work``; on
SQLite there is one process, and fewer citizens. In the same run, and the same crowd, a bare NOTIFY
and a bare POST on loopback are timed as well.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from bench import running, setting
from huiyin.kernel import clock

UNITS = 10
RATE = {"postgres": 500, "sqlite": 200}
BAD = 50  # every so manieth review
SECONDS, QUICK_SECONDS = 30, 10
# Before it counts: pools fill, plans are made.
WARM_UP_SECONDS = 3
# After the last review, for what is still on its way.
GRACE_SECONDS = 10.0


def main() -> None:
    chosen = setting.arguments(__doc__ or "")
    figures = setting.Figures(f"arrival on {chosen.store}", as_json=chosen.json)
    with setting.store(chosen.store):
        setting.django()
        _run(figures, chosen.store, QUICK_SECONDS if chosen.quick else SECONDS)


def _run(figures: setting.Figures, store: str, seconds: int) -> None:
    from django.db import connections

    from bench import world

    rate = RATE[store]
    offices = world.offices(UNITS)
    tokens = world.serve(offices, rate * (seconds + WARM_UP_SECONDS))
    world.settle()
    folder = Path(tempfile.mkdtemp(dir=os.environ["HUIYIN_DATA_DIR"]))
    plan = folder / "reviews.json"
    levels = [1 if number % BAD == 0 else 3 + number % 3 for number in range(len(tokens))]
    plan.write_text(json.dumps(list(zip(tokens, levels, strict=True))))

    port = running.free_port()
    base_url = f"http://127.0.0.1:{port}"
    os.environ["HUIYIN_BASE_URL"] = base_url
    hook_port = running.free_port()
    desks = [*offices.handlers, offices.supervisors[0]]
    listening = {
        "hook_port": hook_port,
        "secret": world.listen_at(f"http://127.0.0.1:{hook_port}/hook"),
        "port": port,
        "sessions": {person.pk.hex: world.session_of(person) for person in desks},
    }
    connections.close_all()
    with ExitStack() as stack:
        if store == "postgres":
            stack.enter_context(running.process("-m", "django", "work"))
        workers = 2 if store == "postgres" else 1
        serve = ("-m", "django", "serve", f"--port={port}", f"--workers={workers}")
        stack.enter_context(running.process(*serve))
        running.wait_until_ready(port)
        ears = stack.enter_context(running.process("-m", "bench.listening", talks=True))
        running.tell(ears, listening)
        running.hear(ears)
        crowd = stack.enter_context(running.process("-m", "bench.citizens", talks=True))
        running.tell(crowd, {"plan": str(plan), "rate": rate, "address": base_url})
        running.hear(crowd)
        began = clock.machine_now().timestamp() + 0.5
        running.tell(crowd, began)
        probing = threading.Event()
        probes = _probes(store, hook_port, probing)
        accepted = running.hear(crowd)
        probing.set()
        bare = {name: finish() for name, finish in probes.items()}
        arrived = _all_arrived(ears, began + WARM_UP_SECONDS)
    _report(figures, accepted, began + WARM_UP_SECONDS, rate, bare, arrived)
    connections.close_all()


def _report(
    figures: setting.Figures,
    accepted: list[list[float]],
    since: float,
    rate: int,
    bare: dict[str, list[float]],
    arrived: dict[str, tuple[list[float], int]],
) -> None:
    counted = [(given, took) for given, took in accepted if given >= since]
    lasted = max(given + took for given, took in counted) - since
    figures.say("reviews accepted", len(counted) / lasted, "reviews/s", wanted=rate)
    _say(figures, "acceptance, as the citizen waits", [took for _given, took in counted])
    for name, times in bare.items():
        _say(figures, f"bare {name}", times)
    missing = 0
    for name, (times, lost) in arrived.items():
        beside = {"SSE": "NOTIFY", "webhook": "POST"}[name]
        more: dict[str, Any] = {"arrivals": len(times), "missing": lost}
        if beside in bare:
            more["of_the_bare_" + beside] = f"{_rank(times, 50) / _rank(bare[beside], 50):.0f}"
        _say(figures, f"acceptance to arrival, {name}", times, **more)
        missing += lost
    if missing:
        raise SystemExit(f"{missing} notices did not arrive")


def _say(figures: setting.Figures, name: str, seconds: list[float], **more: Any) -> None:
    shown = {"p99": 99, "max": 100}
    rest = {key: f"{1000 * _rank(seconds, per_cent):.1f} ms" for key, per_cent in shown.items()}
    figures.say(f"{name}, p50", 1000 * _rank(seconds, 50), "ms", **rest, **more)


def _rank(values: list[float], per_cent: int) -> float:
    """By nearest rank."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * per_cent // 100) - 1)]


def _all_arrived(ears: subprocess.Popen[str], since: float) -> dict[str, tuple[list[float], int]]:
    """How long each notice took, by the way it took, and how many are missing."""
    from huiyin.notices.models import Outbox

    until = clock.monotonic() + GRACE_SECONDS
    while Outbox.objects.filter(state=Outbox.State.WAITING).exists():
        if clock.monotonic() > until:
            break
        time.sleep(0.2)
    time.sleep(1.0)
    running.tell(ears, "stop")
    heard = running.hear(ears)
    if heard["refused"]:
        raise SystemExit(f"{heard['refused']} webhooks were not signed as they have to be")
    at_hook: dict[str, float] = {}
    for key, at in heard["hooks"]:
        at_hook.setdefault(key, at)
    at_desk = {(desk, number): at for desk, number, at in heard["events"]}
    moment = datetime.fromtimestamp(since).astimezone()
    told = Outbox.objects.filter(accepted_at__gte=moment)
    hooks = _taken(
        (accepted_at, at_hook.get(key))
        for key, accepted_at in told.filter(transport="webhook").values_list(
            "delivery_key", "accepted_at"
        )
    )
    desks = _taken(
        (accepted_at, at_desk.get((staff.hex, number or 0)))
        for staff, number, accepted_at in told.filter(
            transport="inbox", staff__in=heard["desks"]
        ).values_list("staff", "inbox_item__number", "accepted_at")
    )
    return {"webhook": hooks, "SSE": desks}


def _taken(pairs: Iterator[tuple[datetime, float | None]]) -> tuple[list[float], int]:
    taken, missing = [], 0
    for accepted_at, arrived in pairs:
        if arrived is None:
            missing += 1
        else:
            taken.append(arrived - accepted_at.timestamp())
    return taken, missing


def _probes(
    store: str, hook_port: int, stop: threading.Event
) -> dict[str, Callable[[], list[float]]]:
    """The bare references, each in a thread until ``stop``; how to get what they found."""
    ways = {"POST": lambda: _posting(hook_port)}
    if store == "postgres":
        ways["NOTIFY"] = _notifying
    return {name: _probe(way, stop) for name, way in ways.items()}


def _probe(way: Callable[[], Iterator[None]], stop: threading.Event) -> Callable[[], list[float]]:
    times: list[float] = []

    def run() -> None:
        rounds = way()
        next(rounds)
        while not stop.wait(random.uniform(0.05, 0.15)):  # noqa: S311 - not a secret
            began = time.perf_counter()
            next(rounds)
            times.append(time.perf_counter() - began)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()

    def finish() -> list[float]:
        thread.join(5)
        return times

    return finish


def _notifying() -> Iterator[None]:
    """Each time a NOTIFY through a connection of its own, heard by another."""
    import psycopg
    from django.db import connection

    parameters = connection.get_connection_params()
    for ours in ("cursor_factory", "context", "pool"):
        parameters.pop(ours, None)
    with (
        psycopg.connect(**parameters, autocommit=True) as ear,
        psycopg.connect(**parameters, autocommit=True) as mouth,
    ):
        ear.execute("LISTEN bare")
        while True:
            mouth.execute("NOTIFY bare")
            next(ear.notifies(timeout=5, stop_after=1))
            yield


def _posting(port: int) -> Iterator[None]:
    """Each time a POST through a connection that is kept, as large as a webhook."""
    http, body = HTTPConnection("127.0.0.1", port), b"x" * 500
    while True:
        http.request("POST", "/bare", body)
        http.getresponse().read()
        yield


if __name__ == "__main__":
    main()
