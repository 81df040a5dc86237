"""A province's month of reviews taken over in bulk, beside a bare COPY of the same rows.

The month is July 2023 in Guangdong as it was published (``bench/data/guangdong_2023_07.csv``):
13,879,360 reviews, by channel and by level as there. Where the reviews of a body and a day lie is
made up: 4,500 bodies, 31 days, in the order of time. The published levels leave out hotline, text
messages and terminals, whose reviews are taken for “very satisfied” here.

``--quick`` is a hundredth of reviews and bodies; what a process takes to start then counts for
most.

Timed are: a COPY of the very rows into a table with the same columns and indexes; then ``huiyin
import-reviews`` of the same month as csv, with its log entries; then the sealing of the epoch and
the folding of its figures. Afterwards every review must be in the figures.
"""

from __future__ import annotations

import csv
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from bench import setting

DATA = Path(__file__).parent / "data" / "guangdong_2023_07.csv"
UNITS = 4_500
ITEMS = 2_000
DAYS = 31
_SPREAD = 100_003
# Names of channels in the published table, and ours.
CHANNELS = {
    "web": "web",
    "hall": "counter_device",
    "app": "mobile",
    "mini_program": "mobile",
    "business_app": "mobile",
    "hotline": "hotline",
    "terminal": "kiosk",
    "sms": "sms",
}
HEADER = "organisation,item,counter,channel,level,tags,time,reference\n"


# Who asked for what, in processes of their own, so that each one's memory can be told.
SEAL, FOLD = "--seal", "--fold"


def main() -> None:
    chosen = setting.arguments(__doc__ or "")
    figures = setting.Figures(f"month on {chosen.store}", as_json=chosen.json)
    with tempfile.TemporaryDirectory(prefix="huiyin-month-") as folder, setting.store(chosen.store):
        setting.django()
        _run(figures, Path(folder) / "month.csv", share=0.01 if chosen.quick else 1.0)


def _run(figures: setting.Figures, path: Path, share: float) -> None:
    from django.db import connections

    from bench import world
    from huiyin.log.models import Entry

    units = world.offices(round(UNITS * share)).units
    total = _write(path, [unit.uscc for unit in units], share)
    figures.say("reviews in the file", total, "reviews", megabytes=path.stat().st_size // 10**6)
    world.settle()
    command = ["-m", "django", "import_reviews", str(path), "--source=2023-07", "--best=5"]
    importing, memory = _process(*command, f"--by={units[0].uscc}", "--verbosity=0")
    figures.say(
        "import-reviews", total / importing, "reviews/s", seconds=f"{importing:.1f}", mb=memory
    )
    entries = Entry.objects.filter(kind="imported").count()
    sealing, memory = _process("-m", "bench.month", SEAL)
    figures.say("sealing", sealing, "s", entries=entries, mb=memory)
    folding, memory = _process("-m", "bench.month", FOLD)
    figures.say("folding", folding, "s", tallies=_tallies(total), mb=memory)
    world.settle()
    bare = _bare()
    figures.say("bare COPY of the same rows", total / bare, "reviews/s", seconds=f"{bare:.1f}")
    whole = importing + sealing + folding
    figures.say("all of it", total / whole, "reviews/s", of_the_bare_copy=f"{whole / bare:.2f}")
    connections.close_all()


def _write(path: Path, units: list[str], share: float) -> int:
    """The month as csv; how many reviews there are."""
    published: dict[str, dict[str, int]] = {}
    for row in csv.DictReader(DATA.read_text("utf-8").splitlines()):
        counts = published.setdefault(row["measure"], {})
        counts[row["key"]] = round(int(row["value"]) * share)
    total = sum(published["reviews_by_channel"].values())
    chance = random.Random(202307)  # noqa: S311 - nothing is secret here
    channels = chance.choices(
        [CHANNELS[name] for name in published["reviews_by_channel"]],
        list(published["reviews_by_channel"].values()),
        k=_SPREAD,
    )
    tags = {"1": list(published["bad_tags"]), "2": ["207", "208"], "5": ["", "", "510,513", "517"]}
    items = [f"{number:031}" for number in range(ITEMS)]
    levels = dict(published["reviews_by_level"])
    levels["5"] += total - sum(levels.values())
    # Exactly so many of each level, spread over the month; all the others are 5.
    others = [level for level in "1234" for _ in range(levels[level])]
    spread = dict(zip(chance.sample(range(total), len(others)), others, strict=True))
    with path.open("w", encoding="utf-8") as file:
        file.write(HEADER)
        lines = []
        for number in range(total):
            pick = chance.getrandbits(62)
            second = number * DAYS * 86_400 // total
            day, second = divmod(second, 86_400)
            level = spread.get(number, "5")
            choice = tags.get(level, [""])
            lines.append(
                f"{units[pick % len(units)]},{items[pick // 7 % ITEMS]},{pick // 11 % 60 + 1},"
                f'{channels[pick // 13 % _SPREAD]},{level},"{choice[pick // 17 % len(choice)]}",'
                f"2023-07-{day + 1:02} {second // 3600:02}:{second // 60 % 60:02}:{second % 60:02},"
                f"GD{number:012}\n"
            )
            if len(lines) == 20_000:
                file.write("".join(lines))
                lines.clear()
        file.write("".join(lines))
    return total


def _process(*arguments: str) -> tuple[float, int]:
    """Seconds that a process of its own took, and its largest memory in MB."""
    began = time.perf_counter()
    started = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.DEVNULL)
    _pid, status, used = os.wait4(started.pid, 0)
    if status:
        raise SystemExit(f"{arguments} ended with {status}")
    return time.perf_counter() - began, used.ru_maxrss // 1024


def _work(what: str) -> None:
    setting.django()
    from huiyin.indicators.services import fold_sealed
    from huiyin.kernel import clock
    from huiyin.log.sealing import seal_if_due

    if what == FOLD:
        while fold_sealed():
            pass
        return
    # The longest that an entry waits for its epoch.
    with clock.frozen(clock.now() + timedelta(days=1)):
        if not seal_if_due():
            raise SystemExit("nothing was sealed")


def _tallies(total: int) -> int:
    """How many sums the figures are made of. Every review must be in them."""
    from django.db.models import Count, Sum

    from huiyin.indicators.models import Tally

    found = Tally.objects.filter(metric="review", trust="imported").aggregate(
        reviews=Sum("amount"), rows=Count("pk")
    )
    if found["reviews"] != total:
        raise SystemExit(f"{found['reviews']} of {total} reviews are in the figures")
    return int(found["rows"])


def _bare() -> float:
    """Seconds to load the very rows that were imported into a table with the same columns, checks
    and indexes, in one transaction: by one COPY on PostgreSQL, by executemany on SQLite."""
    from django.db import connection, transaction

    seconds = 0.0
    if connection.vendor == "postgresql":
        with tempfile.TemporaryFile() as rows, connection.cursor() as cursor:
            with cursor.copy("COPY reviews_importedreview TO STDOUT") as copy:
                for block in copy:
                    rows.write(block)
            cursor.execute("CREATE TABLE bare (LIKE reviews_importedreview INCLUDING ALL)")
            rows.seek(0)
            began = time.perf_counter()
            with cursor.copy("COPY bare FROM STDIN") as copy:
                while block := rows.read(1 << 20):
                    copy.write(block)
            return time.perf_counter() - began
    with sqlite3.connect(connection.settings_dict["NAME"]) as reading:
        statements = [
            sql.replace('"reviews_importedreview"', '"bare"').replace("one_import", "one_bare")
            for (sql,) in reading.execute(
                "SELECT sql FROM sqlite_master WHERE tbl_name = 'reviews_importedreview' "
                "AND type IN ('table', 'index') AND sql IS NOT NULL"
            )
        ]
        found = reading.execute("SELECT * FROM reviews_importedreview")
        marks = ", ".join("?" * len(found.description))
        with transaction.atomic(), connection.cursor() as cursor:
            for sql in statements:
                cursor.execute(sql)
            while rows_of := found.fetchmany(50_000):
                began = time.perf_counter()
                insert = f"INSERT INTO bare VALUES ({marks})"  # noqa: S608 - marks alone
                cursor.cursor.connection.executemany(insert, rows_of)
                seconds += time.perf_counter() - began
            began = time.perf_counter()
        return seconds + time.perf_counter() - began


if __name__ == "__main__":
    if sys.argv[1:] in ([SEAL], [FOLD]):
        _work(sys.argv[1])
    else:
        main()
