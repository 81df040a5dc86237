import copy
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from huiyin.matters import policy, presets, queries
from huiyin.matters.errors import NoPolicy
from huiyin.matters.models import Policy
from tests import factories


def _changed(**clock: Any) -> dict[str, Any]:
    document = copy.deepcopy(presets.DEFAULT.document)
    document["clocks"]["callback"] |= clock  # type: ignore[index]
    return document


def test_the_national_default_is_valid() -> None:
    rules = policy.read(presets.DEFAULT.document)
    assert (rules.clocks.callback.amount, rules.clocks.rectification.amount) == (1, 15)


@pytest.mark.parametrize(
    "document",
    [
        {},
        _changed(amount=0),
        _changed(amount="1"),
        _changed(unit="fortnight"),
        _changed(warn_at=1.0),
        _changed(colour="red"),
        _changed(amount=16),
        presets.DEFAULT.document | {"unreachable": {"attempts": 0}},
        presets.DEFAULT.document | {"extra": 1},
    ],
)
def test_a_policy_with_a_gap_or_a_contradiction_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        policy.read(document)


@pytest.mark.django_db
def test_the_nearest_region_and_the_newest_version_decide() -> None:
    factories.reference_data()

    def add(code: str, version: int, since: date, until: date | None = None) -> Policy:
        return Policy.objects.create(
            jurisdiction=factories.region(code), kind="bad_review", version=version,
            valid_from=since, valid_to=until, legal_basis="x", document=presets.DEFAULT.document,
        )  # fmt: skip

    county = factories.region()
    assert queries.policy_for("bad_review", county).version == 1
    city = add("330100000000", 2, date(2024, 1, 1))
    add("330100000000", 3, date(2024, 1, 1), until=date(2024, 6, 30))
    add("330100000000", 4, date(2999, 1, 1))
    add("331100000000", 9, date(2024, 1, 1))
    assert queries.policy_for("bad_review", county) == city
    with pytest.raises(NoPolicy):
        queries.policy_for("another kind", county)


_READ_AT_ONCE = """
import sys, threading
import django
django.setup()
from huiyin.matters import policy, presets
sys.setswitchinterval(1e-6)
together = threading.Barrier(8)
def read():
    together.wait()
    policy.read(presets.DEFAULT.document)
threads = [threading.Thread(target=read) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""


def test_the_first_policies_may_be_read_by_several_threads_at_once(tmp_path: Path) -> None:
    """As a fresh process does; it crashed when msgspec prepared the types twice at a time."""
    place = {"DJANGO_SETTINGS_MODULE": "huiyin.conf.settings", "HUIYIN_MODE": "demo"}
    for _ in range(3):
        read = subprocess.run(
            [sys.executable, "-c", _READ_AT_ONCE],
            env={**os.environ, **place, "HUIYIN_DATA_DIR": str(tmp_path)},
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert (read.returncode, read.stderr) == (0, "")
