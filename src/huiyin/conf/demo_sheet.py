"""``demo.json``: everything needed to walk through the demo, readable by its owner alone."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from django.conf import settings


@dataclass
class DemoSheet:
    """Addresses, accounts and keys of this demo; exists only in demo mode."""

    base_url: str
    password: str
    integrator_key: str = ""
    accounts: list[dict[str, str]] = field(default_factory=list)
    invitations: list[str] = field(default_factory=list)


def path() -> Path:
    return Path(settings.HUIYIN_DATA_DIR) / "demo.json"


def read() -> DemoSheet | None:
    """The sheet of this demo, or None before the first seed."""
    try:
        text = path().read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    return DemoSheet(**json.loads(text))


def write(sheet: DemoSheet) -> None:
    """Replace the sheet in one step: a reader sees the old one or the new one."""
    path().parent.mkdir(parents=True, exist_ok=True)
    draft = path().with_suffix(".draft")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(asdict(sheet), file, ensure_ascii=False, indent=2)
        file.write("\n")
    draft.replace(path())


def as_text(sheet: DemoSheet) -> str:
    """The sheet for people, as ``script/run`` prints it."""
    lines = [
        "",
        f"  Public page   {sheet.base_url}/",
        f"  Staff desk    {sheet.base_url}/desk/",
        f"  API           {sheet.base_url}/api/v1/openapi.json",
        f"  Telephone     {sheet.base_url}/telephone/simulator/",
        "",
        f"  Demo accounts (password of all: {sheet.password})",
    ]
    width = max((len(account["username"]) for account in sheet.accounts), default=0)
    lines += [
        f"    {account['username']:<{width}}  {account['role']:<13}  "
        f"{account['display_name']} · {account['organisation']}"
        for account in sheet.accounts
    ]
    if sheet.invitations:
        lines += ["", "  Open invitations: rate a service as a citizen would"]
        lines += [f"    {address}" for address in sheet.invitations]
    lines += ["", f"  The same as a file: {path()}", ""]
    return "\n".join(lines)
