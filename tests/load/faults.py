"""Does every receipt hold, whatever happens? A program that makes it happen.

    script/faults [NAME…] [--store=postgres|sqlite] [--seed N] [--short]

Each fault hits the real product (``huiyin serve``, ``huiyin work``, a real PostgreSQL or SQLite,
all on this machine and gone afterwards) while 32 connections give reviews, each with an
Idempotency-Key. Then, with everything running again:

- everybody asks again with the same key: who had a receipt gets the same one, the others theirs;
- every receipt has its review and its entry in the log, as the citizen said it;
- nothing is there twice, every bad review has its matter with first step, clock and notice;
- all entries get sealed, and the log has no gap;
- status pages open, and receipts verify.

It prints what it did and how much it checked, and ends with an error at any violation. The same
seed draws the same moments, as far as a machine lets them be the same.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench import setting
from huiyin.kernel import clock
from tests.load import disk

if TYPE_CHECKING:
    from tests.load.stage import Stage, Under

BOTH = ("postgres", "sqlite")
# Sealing happens all the time, so that something happens to it too.
SETTINGS = {
    "HUIYIN_EPOCH_SECONDS": "1",
    "HUIYIN_EPOCH_REVIEWS": "1",
    "HUIYIN_EPOCH_MAX_SECONDS": "2",
}
# The bench's server takes memory as an installation does.
DATABASE = {"shared_buffers": "128MB", "max_wal_size": "256MB", "checkpoint_timeout": "30s"}
# Of the errors in the product's logs.
_SHOWN = 6


@dataclass(frozen=True)
class Fault:
    """``where`` is module and function below ``tests.load``. One on a ``small_disk`` has a product
    of its own on a file system of its own."""

    where: str
    stores: tuple[str, ...] = BOTH
    small_disk: bool = False

    def inflict(self) -> Callable[[Stage, Under], str]:
        # Only now: these modules need Django set up.
        module, name = self.where.split(".")
        found: Callable[[Stage, Under], str] = getattr(
            __import__(f"tests.load.{module}", fromlist=[name]), name
        )
        return found


FAULTS = {
    "worker": Fault("kills.worker", ("postgres",)),
    "serve": Fault("kills.serve"),
    "database": Fault("kills.database", ("postgres",)),
    "sealer": Fault("kills.sealer"),
    "power": Fault("storage.power", ("sqlite",)),
    "hang-up": Fault("crowds.hang_up"),
    "slow": Fault("crowds.slow"),
    "connections": Fault("crowds.many"),
    "clock": Fault("clocks.backwards"),
    "disk": Fault("storage.full", small_disk=True),
}


def main() -> None:
    asked = _arguments()
    names = asked.names or list(FAULTS)
    groups = [
        (store, group)
        for store in ([asked.store] if asked.store else BOTH)
        for small in (False, True)
        if (group := [name for name in names if _fits(name, store, small_disk=small)])
    ]
    if len(groups) == 1:
        [(store, group)] = groups
        raise SystemExit(run(store, group, seed=asked.seed, short=asked.short))
    # Django knows one database, so each store and disk has a process of its own.
    failed = 0
    for store, group in groups:
        again = [sys.executable, "-m", "tests.load.faults", *group, f"--store={store}"]
        again += [f"--seed={asked.seed}", *(["--short"] if asked.short else [])]
        failed += subprocess.run(again, check=False).returncode != 0
    raise SystemExit(bool(failed))


def run(store: str, names: list[str], *, seed: int, short: bool) -> int:
    """Inflict the faults ``names`` on one product; 1 if anything was violated, else 0."""
    print(f"faults on {store}, seed {seed}, {setting.machine()}", flush=True)
    with ExitStack() as stack:
        within = None
        if FAULTS[names[0]].small_disk:
            try:
                within = stack.enter_context(disk.small_disk())
            except OSError as error:
                print(f"  {names[0]}: NOT DONE, no file system can be mounted here: {error}")
                return 0
        ground = stack.enter_context(setting.store(store, DATABASE, within=within))
        os.environ |= SETTINGS
        setting.django()
        from tests.load.stage import SHORT, WHOLE, Stage

        scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="huiyin-faults-"))
        size = SHORT if short else WHOLE
        stage = Stage(store, ground, Path(scratch), size=size, seed=seed)
        stack.callback(stage.stop)
        return int(sum(_inflict(stage, name) for name in names) > 0)


def _inflict(stage: Stage, name: str) -> int:
    """Let it happen and look; how much is wrong."""
    began = clock.monotonic()
    crowd = stage.crowd(name, stage.size.reviews)
    stage.start()
    with stage.load(crowd) as load:
        did = FAULTS[name].inflict()(stage, load)
    looked_at, wrong = stage.check(crowd)
    answers = ", ".join(f"{many} × {status}" for status, many in load.outcome["statuses"].items())
    lost = load.outcome["broken"]
    print(f"  {name}: {did}", flush=True)
    print(f"    answers: {answers}; {lost} requests without one", flush=True)
    print(f"    {looked_at} ({clock.monotonic() - began:.0f} s)", flush=True)
    for error, many in stage.errors().most_common(_SHOWN):
        print(f"    logged {many} times: {error[:200]}", flush=True)
    for what in wrong:
        print(f"    VIOLATED: {what}", flush=True)
    return len(wrong)


def _fits(name: str, store: str, *, small_disk: bool) -> bool:
    fault = FAULTS[name]
    return store in fault.stores and fault.small_disk is small_disk


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/faults", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(FAULTS))
    parser.add_argument("--store", choices=BOTH, help="default: each in turn")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--short", action="store_true", help="a few seconds of each")
    asked = parser.parse_args()
    for name in asked.names:
        if name not in FAULTS:
            parser.error(f"no fault is called {name}; there are {', '.join(FAULTS)}")
        if asked.store and asked.store not in FAULTS[name].stores:
            parser.error(f"{name} cannot happen on {asked.store}")
    return asked


if __name__ == "__main__":
    main()
