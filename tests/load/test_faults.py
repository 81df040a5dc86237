"""The fault program, a few seconds of it. All of it: script/faults."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

_FAULTS = {
    "postgres": ("worker", "database", "hang-up"),
    "sqlite": ("serve", "power", "hang-up"),
}


def test_every_receipt_holds_whatever_happens(database_name: str) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tests.load.faults", *_FAULTS[database_name]),
            *(f"--store={database_name}", "--short"),
        ],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert "VIOLATED" not in done.stdout
    for name in _FAULTS[database_name]:
        assert f"  {name}: " in done.stdout
