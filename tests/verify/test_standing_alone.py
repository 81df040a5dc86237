"""The verifier runs where nothing of Huiyin is set up, and without Django."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import huiyin
from tests.verify.small_log import SmallLog, serving

pytestmark = pytest.mark.once

SOURCES = Path(huiyin.__file__).parent.parent


def run(*command: str, cwd: Path, sources: Path = SOURCES) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(cwd),
        "PYTHONPATH": str(sources),
        "LANG": "C",
    }
    return subprocess.run(
        [sys.executable, *command],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_loads_neither_django_nor_the_rest_of_huiyin(tmp_path: Path) -> None:
    done = run(
        "-c",
        "import sys, huiyin.verify.cli, json;"
        "print(json.dumps([name for name in sys.modules if name.startswith('huiyin')"
        " or name.partition('.')[0] in ('django', 'msgspec', 'httpx', 'rfc8785')]))",
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    loaded = json.loads(done.stdout)
    assert all(name == "huiyin" or name.startswith("huiyin.verify") for name in loaded)


@pytest.mark.parametrize(
    "command",
    [
        ["-m", "huiyin.verify"],
        ["-c", "from huiyin.conf.cli import main; main()", "verify"],
        ["-c", "from huiyin.verify.cli import main; main()"],
    ],
)
def test_each_way_to_call_it_works_without_settings(command: list[str], tmp_path: Path) -> None:
    log = SmallLog()
    log.add(3)
    (tmp_path / "receipt.json").write_text(json.dumps(log.receipt(1)))
    with serving(log) as address:
        done = run(*command, "receipt.json", "--log", address, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("PROVEN")


def test_the_copied_folder_works_alone(tmp_path: Path) -> None:
    shutil.copytree(SOURCES / "huiyin" / "verify", tmp_path / "huiyin" / "verify")
    (tmp_path / "huiyin" / "__init__.py").touch()
    where = "import huiyin.verify.cli; print(huiyin.verify.cli.__file__)"
    done = run("-c", where, cwd=tmp_path, sources=tmp_path)
    assert done.stdout.startswith(str(tmp_path)), done.stderr
