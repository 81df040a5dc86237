"""Settings, secrets and the disk: what can be looked at without a database."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

from django.conf import settings

from huiyin.conf.doctor.finding import Finding, Findings, Level

_LITTLE_SPACE, _NO_SPACE = 2 * 1024**3, 200 * 1024**2


def mode() -> Findings:
    if settings.HUIYIN_DEMO:
        yield Finding(
            Level.WARNING,
            "mode",
            "demo: invented offices, a clock that can be moved",
            "For real use set HUIYIN_MODE=production.",
        )
    else:
        yield Finding(Level.OK, "mode", "production")


def address() -> Findings:
    if settings.HUIYIN_BASE_URL.startswith("https://") or settings.HUIYIN_DEMO:
        yield Finding(Level.OK, "address", settings.HUIYIN_BASE_URL)
    else:
        yield Finding(
            Level.FAIL,
            "address",
            f"{settings.HUIYIN_BASE_URL} is not encrypted",
            "Set HUIYIN_BASE_URL to an https:// address; tokens travel in it.",
        )


def keys() -> Findings:
    for name, key in (
        ("HUIYIN_SECRET_KEY", settings.SECRET_KEY.encode()),
        ("HUIYIN_MASTER_KEY", settings.HUIYIN_MASTER_KEY),
    ):
        if len(set(key)) < 12:
            yield Finding(
                Level.FAIL,
                "keys",
                f"{name} is made of too few different characters",
                "Make a random one: python -c 'import secrets; print(secrets.token_urlsafe(48))'",
            )
        else:
            yield Finding(Level.OK, "keys", f"{name} has its strength")


def private_files() -> Findings:
    """The demo's secrets and accounts lie in files; nobody else may read them."""
    for name in ("secrets.json", "demo.json"):
        path = Path(settings.HUIYIN_DATA_DIR) / name
        if not path.exists():
            continue
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            yield Finding(
                Level.FAIL, "keys", f"{path} can be read by others", f"Run: chmod 600 {path}"
            )
        else:
            yield Finding(Level.OK, "keys", f"{path} is private")


def disk() -> Findings:
    folder = Path(settings.HUIYIN_DATA_DIR)
    if not os.access(folder, os.W_OK):
        yield Finding(
            Level.FAIL,
            "disk",
            f"{folder} does not exist or cannot be written to",
            "Create it for the user that runs Huiyin, or set HUIYIN_DATA_DIR.",
        )
        return
    free = shutil.disk_usage(folder).free
    found = f"{free / 1024**3:.1f} GiB free in {folder}"
    if free < _LITTLE_SPACE:
        level = Level.FAIL if free < _NO_SPACE else Level.WARNING
        yield Finding(level, "disk", found, "Make room: a full disk refuses every review.")
    else:
        yield Finding(Level.OK, "disk", found)
