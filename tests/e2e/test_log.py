"""The log from outside, against the running product: verified, rotated, witnessed, audited, and
tampered with."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.product import HUIYIN, Product

pytestmark = pytest.mark.slow


def huiyin(product: Product, *command: str, **more: str) -> tuple[int, str]:
    done = subprocess.run(
        [HUIYIN, *command],
        env=product.environment | {"LC_ALL": "C"} | more,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        timeout=120,
    )
    return done.returncode, done.stdout + done.stderr


def rate(product: Product, folder: Path, name: str) -> Path:
    """A receipt as a file."""
    made = product.run(
        "shell", "-v0", "-c", "from huiyin.conf.demo_events import serve; print(*serve(1))"
    )
    with product.client() as client:
        said = {
            "token": made.split()[0].rsplit("/", 1)[1],
            "level": 2,
            "text": "排了三个小时的队。",
        }
        answer = client.post("/api/v1/reviews", json=said)
        assert answer.status_code == 201, answer.text
    path = folder / name
    path.write_text(answer.text)
    return path


def verified(product: Product, receipt: Path, *more: str) -> dict[str, Any]:
    """What the verifier says once the promise has been kept."""
    arguments = ["--log", product.base_url, "--memory", str(receipt.parent / "memory"), "--json"]
    for _try in range(60):
        code, out = huiyin(product, "verify", str(receipt), *arguments, *more)
        found: dict[str, Any] = json.loads(out)
        if code != 3:
            break
        time.sleep(1)
    return found


def test_receipts_verify_before_and_after_a_rotation_and_an_audit_finds_what_was_altered(
    fresh_product: Product, tmp_path: Path
) -> None:
    product = fresh_product
    before = rate(product, tmp_path, "before.json")
    old_key = json.loads(before.read_text())["receipt"]["log_key"]
    assert verified(product, before)["exit"] == 0

    witness = ["--log", product.base_url, "--key-file", str(tmp_path / "witness.key"), "--once"]
    code, out = huiyin(product, "witness", *witness, XDG_STATE_HOME=str(tmp_path))
    vkey = next(line for line in out.splitlines() if line.startswith("Verifier key")).split(": ")[1]
    assert code == 6  # not a witness that this log knows

    product.run("log-key", "rotate")
    product.environment["HUIYIN_LOG_WITNESSES"] = vkey
    product.restart()
    after = rate(product, tmp_path, "after.json")
    new_key = json.loads(after.read_text())["receipt"]["log_key"]
    assert new_key != old_key
    # Until the next sealing the checkpoint is signed by the older key alone.
    assert verified(product, after)["exit"] == 0
    for receipt in (before, after):
        for key in (old_key, new_key):
            found = verified(product, receipt, "--key", key)
            assert found["exit"] == 0, found

    code, out = huiyin(product, "witness", *witness, XDG_STATE_HOME=str(tmp_path))
    assert (code, "Cosigned" in out) == (0, True), out
    for _try in range(30):
        found = verified(product, after, "--witness", vkey)
        if any(one["code"] == "witnessed" for one in found["proven"]):
            break
        time.sleep(1)
    assert any(one["code"] == "witnessed" for one in found["proven"]), found

    code, out = huiyin(product, "audit", "--log", product.base_url, "--json")
    found = json.loads(out)
    assert (code, found["database"]) == (0, True), out

    if product.database_url is None:
        with sqlite3.connect(product.data_dir / "huiyin.sqlite3", timeout=20) as database:
            for (name,) in database.execute(
                "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            ).fetchall():
                database.execute(f'DROP TRIGGER "{name}"')
            database.execute("UPDATE reviews_review SET level = 5 WHERE level = 2")
            database.execute(
                "UPDATE log_entry SET public = REPLACE(public, '\"level\":1', '\"level\":5')"
            )
        code, out = huiyin(product, "audit", "--log", product.base_url, "--json")
        names = {one["name"] for one in json.loads(out)["differences"]}
        assert code == 1
        assert {"review_altered", "entry_altered", "published_other_bytes"} <= names
