"""Processes that end at any instant: a web worker, the server, the database, the sealer."""

from __future__ import annotations

import os
import signal
import time

from django.db.models import Max

from bench import running
from huiyin.log.models import Epoch
from tests.load.stage import Stage, Under


def worker(stage: Stage, load: Under) -> str:
    """SIGKILL one of the web workers; its siblings go on, and uvicorn starts another."""
    killed = 0
    while load.goes_on and killed < stage.size.times:
        _some_time(stage, load)
        workers = running.web_processes(stage.serve)
        if not workers:
            continue
        os.kill(stage.chance.choice(workers), signal.SIGKILL)
        killed += 1
    return f"SIGKILL of a web worker, {killed} times"


def serve(stage: Stage, load: Under) -> str:
    """SIGKILL the whole of ``huiyin serve`` and start it again."""
    killed = 0
    while load.goes_on and killed < stage.size.times:
        _some_time(stage, load)
        stage.kill("serve")
        killed += 1
        stage.start()
    return f"SIGKILL of huiyin serve, {killed} times"


def database(stage: Stage, load: Under) -> str:
    """Stop PostgreSQL as if the power were cut, and start it again; the product goes on."""
    assert stage.server
    stopped = 0
    while load.goes_on and stopped < stage.size.times:
        _some_time(stage, load)
        stage.server.crash()
        stopped += 1
        time.sleep(stage.chance.uniform(0.0, 0.5))
        stage.start()
    return f"pg_ctl stop -m immediate and a start, {stopped} times"


def sealer(stage: Stage, load: Under) -> str:
    """SIGKILL the sealer when an epoch has its indexes, before or while the tiles are written."""
    killed = 0
    while load.goes_on and killed < stage.size.times:
        before, until = _newest(), time.monotonic() + 10
        while load.goes_on and _newest() == before and time.monotonic() < until:
            time.sleep(0.001)
        time.sleep(stage.chance.choice((0.0, stage.chance.uniform(0.0, 0.03))))
        stage.kill(stage.sealer)
        killed += 1
        stage.start()
    return f"SIGKILL of huiyin {stage.sealer} at a sealing, {killed} times"


def _newest() -> int:
    return Epoch.objects.aggregate(newest=Max("number"))["newest"] or 0


def _some_time(stage: Stage, load: Under) -> None:
    load.wait_for_more()
    time.sleep(stage.chance.uniform(0.0, 0.5))
