"""How much memory a web process holds after an hour's worth of reviews (100 a second, as at the
peak of a large province), and how much more than when it was warm.

    script/bench memory [--quick] [--json] [--store=postgres|sqlite]
"""

from __future__ import annotations

import os
import resource
from pathlib import Path

from bench import lane, running, setting

HOUR, QUICK = 360_000, 30_000
# The share of them after which it counts as warm.
WARM = 0.1
# So many at a time; memory is looked at in between.
STRIDES = 9
TARGET = 0.20


def main() -> None:
    chosen = setting.arguments(__doc__ or "")
    figures = setting.Figures(f"memory on {chosen.store}", as_json=chosen.json)
    with setting.store(chosen.store) as ground:
        os.environ |= running.EPOCHS
        setting.django()
        _run(figures, ground.folder, chosen.store, QUICK if chosen.quick else HOUR)


def _run(figures: setting.Figures, folder: Path, store: str, many: int) -> None:
    from django.db import connections

    from bench import served, world

    offices = world.offices(lane.UNITS)
    bodies = served.write(served.say(served.serve(offices, many)), folder / "bodies")
    world.settle()
    connections.close_all()
    with running.product(store, lane.WORKERS[store]) as (port, serve):
        url = f"http://127.0.0.1:{port}/api/v1/reviews"
        given, refused = 0, 0
        held: list[int] = []
        for place in range(STRIDES + 1):
            end = round(many * (WARM + (1 - WARM) * place / STRIDES))
            outcome = running.load(
                *(url, bodies, f"--connections={lane.CONNECTIONS}"),
                *(f"--first={given}", f"--requests={end - given}"),
            )
            refused += outcome["answered"] - outcome["statuses"].get("201", 0)
            given = end
            held.append(max(map(resident, running.web_processes(serve.pid))))
    for name, bytes_held in (("warm", held[0]), ("at the end", held[-1]), ("at most", max(held))):
        figures.say(f"resident memory of a web process, {name}", bytes_held / 2**20, "MiB")
    growth = held[-1] / held[0] - 1
    figures.say(
        "growth", 100 * growth, "%", reviews=given, refused=refused, target=f"at most {TARGET:.0%}"
    )


def resident(process: int) -> int:
    """Bytes of memory that ``process`` holds."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * resource.getpagesize()


if __name__ == "__main__":
    main()
