"""The written reference names every setting and every command that there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.management import get_commands

ROOT = Path(__file__).resolve().parents[2]
CONF = ROOT / "src" / "huiyin" / "conf"
REFERENCE = ROOT / "docs" / "reference"

pytestmark = pytest.mark.once


def _settings_read() -> set[str]:
    """What is asked of the environment, by name."""
    found: set[str] = set()
    for file in CONF.rglob("*.py"):
        found |= set(re.findall(r'"(HUIYIN_[A-Z_]+|PORT)"', file.read_text("utf-8")))
    return found


def test_every_setting_is_described_and_no_other() -> None:
    described = set(
        re.findall(r"^\| `(HUIYIN_[A-Z_]+|PORT)` \|", _text("settings.md"), re.MULTILINE)
    )
    assert described == _settings_read()


def test_every_command_is_described() -> None:
    text = _text("commands.md")
    own = [name for name, app in get_commands().items() if str(app).startswith("huiyin.")]
    assert {"seed", "import_regions"} <= set(own)
    missing = [name for name in own if f"`huiyin {name.replace('_', '-')}" not in text]
    assert missing == []


def _text(name: str) -> str:
    return (REFERENCE / name).read_text("utf-8")
