"""The command ``huiyin audit``. It needs no settings; where there are some, and they are those of
the log that is audited, the database is compared too."""

from __future__ import annotations

import json
import os
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NoReturn

import django
from django.core.exceptions import ImproperlyConfigured
from tqdm import tqdm

from huiyin.conf.auditing.differences import EXAMPLES, MEANINGS, REMARKS, Found
from huiyin.conf.auditing.run import Audit, RowsTaken, audit, shown_sums
from huiyin.verify import clock, memory, report
from huiyin.verify.notes import Checkpoint, read_vkey
from huiyin.verify.problems import Exit, Problem
from huiyin.verify.remote import Log
from huiyin.verify.words import clean, say

DIFFERS = 1


def main(arguments: Sequence[str]) -> NoReturn:
    """Run the audit and exit: 0 nothing differs, 1 something does, 2 misuse, 5 the log contradicts
    itself, 6 no usable answer."""
    parser = ArgumentParser(
        prog="huiyin audit",
        description="Read a whole log and compare what the site publishes with it.",
        epilog="exit codes: 0 nothing differs; 1 something does; 2 misuse; 5 the log contradicts "
        "itself, its signature or what it said before; 6 no usable answer",
    )
    parser.add_argument(
        "--log", required=True, metavar="URL", help="the log, such as https://example.gov.cn/log"
    )
    parser.add_argument("--day", type=_day, metavar="YYYY-MM-DD", help="add up one day exactly")
    parser.add_argument("--key", metavar="VKEY", help="a verifier key of the log that you trust")
    parser.add_argument("--memory", type=Path, metavar="FILE", help="remember the log in this file")
    parser.add_argument(
        "--no-database", action="store_true", help="do not compare this installation's database"
    )
    parser.add_argument("--json", action="store_true", dest="as_json", help="for machines")
    chosen = parser.parse_args(list(arguments))
    try:
        result = _audit(chosen)
    except Problem as problem:
        result = Audit(problem=problem)
    if chosen.as_json:
        print(json.dumps(_document(result), ensure_ascii=False, indent=2))
    else:
        print("\n".join(_lines(result)))
    sys.exit(_exit(result))


def _audit(chosen: Any) -> Audit:
    log = Log(chosen.log)
    pinned = read_vkey(chosen.key) if chosen.key else None
    remembered = memory.recall(chosen.memory) if chosen.memory else None
    with _Progress() as progress:
        result = audit(
            log,
            now=clock.now(),
            pinned=pinned,
            memory=remembered,
            day=chosen.day,
            rows=None if chosen.no_database else _rows_of_this_installation(chosen.day),
            tell=progress,
        )
    checkpoint, keyring = result.proof.checkpoint, result.proof.keyring
    if chosen.memory and result.problem is None and checkpoint and keyring:
        keys = [listed.key.vkey for listed in keyring.led]
        memory.remember(chosen.memory, keys=keys, checkpoint=checkpoint)
    return result


def _rows_of_this_installation(
    day: date | None,
) -> Callable[[Found, Checkpoint], RowsTaken | None] | None:
    """What compares the database, if one is set up here; it is asked for the log's own name."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "huiyin.conf.settings")
    try:
        django.setup()
    except ImproperlyConfigured:
        return None

    from django.conf import settings

    from huiyin.conf.auditing.database import Rows

    def rows(found: Found, checkpoint: Checkpoint) -> RowsTaken | None:
        return Rows(found, day=day) if checkpoint.origin == settings.HUIYIN_LOG_NAME else None

    return rows


class _Progress:
    """A bar on a terminal; nothing elsewhere."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._about = ""

    def __enter__(self) -> _Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def __call__(self, about: str, done: int, of: int) -> None:
        if self._bar is None or about != self._about:
            self.__exit__()
            self._bar, self._about = tqdm(desc=about, total=of, disable=None), about
        self._bar.total = of
        self._bar.update(done - self._bar.n)


def _exit(result: Audit) -> int:
    if result.problem is not None:
        return int(result.problem.exit)
    return DIFFERS if result.found.counts else int(Exit.COUNTED)


def _lines(result: Audit) -> list[str]:
    found, checkpoint = result.found, result.proof.checkpoint
    lines = [say(code, params, "en") for code, params in result.proof.proven]
    lines += [say(code, params, "en") for code, params in result.proof.notes]
    if result.problem is None:
        lines.append(
            f"{result.entries} entries were read; figures were compared as of epoch {result.epoch}."
        )
        lines.append(
            "The database of this installation was compared."
            if result.with_rows
            else "No database was compared: this is not the installation of that log."
        )
    if result.sums is not None and result.sums.of_day:
        lines += ["", "That day, by the log alone:"]
        lines += [
            "  " + " ".join(f"{k}={v}" for k, v in one.items() if v != "")
            for one in shown_sums(result.sums)
        ]
    lines.append("")
    for name, number in sorted(found.counts.items()):
        lines.append(f"DIFFERS  {name}: {number} × {MEANINGS[name]}")
        lines += [
            f"         {clean(json.dumps(one, ensure_ascii=False))}" for one in found.examples[name]
        ]
        if number > len(found.examples[name]) == EXAMPLES:
            lines.append(f"         … and {number - EXAMPLES} more")
    lines += [
        f"remark   {number} × {REMARKS[name]}" for name, number in sorted(found.remarks.items())
    ]
    if result.problem is not None:
        lines.append("FAILED   " + say(result.problem.code, result.problem.params, "en"))
        for name, note in report.evidence_of(result.problem).items():
            lines += ["", f"[{name}]", *map(clean, note.splitlines())]
    elif not found.counts:
        size = checkpoint.size if checkpoint else 0
        lines.append(f"Nothing differs from the {size} entries that the log has signed.")
    return lines


def _document(result: Audit) -> dict[str, Any]:
    checkpoint, problem = result.proof.checkpoint, result.problem
    return {
        "passed": result.passed,
        "exit": _exit(result),
        "log": checkpoint.origin if checkpoint else None,
        "tree_size": checkpoint.size if checkpoint else None,
        "root": checkpoint.root.hex() if checkpoint else None,
        "entries": result.entries,
        "epoch": result.epoch,
        "database": result.with_rows,
        "differences": [
            {"name": name, "count": number, "examples": result.found.examples[name]}
            for name, number in sorted(result.found.counts.items())
        ],
        "remarks": dict(result.found.remarks),
        "day": list(shown_sums(result.sums)) if result.sums else [],
        "problem": report.document(result.proof, problem)["problem"] if problem else None,
    }


def _day(text: str) -> date:
    return date.fromisoformat(text)
