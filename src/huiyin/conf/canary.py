"""Does this process hold the master key that the database was sealed with?

Starting with another key would look fine until somebody needs a citizen's number, and everything
sealed meanwhile would need yet another key. So a canary is sealed when the database is made, and
``serve``, ``work`` and ``doctor`` try to open it.
"""

from __future__ import annotations

from typing import Any

from huiyin.conf.models import KeyCanary
from huiyin.kernel import crypto

_PURPOSE = "canary"
_TEXT = "huiyin"


def keep(**_signal: Any) -> None:
    """Seal the canary when there is none; runs after every migrate."""
    sealed = crypto.seal(_TEXT, purpose=_PURPOSE)
    KeyCanary.objects.get_or_create(pk=1, defaults={"sealed": sealed})


def opens() -> bool:
    """Whether the master key is the one of this database (or there is no canary yet)."""
    canary = KeyCanary.objects.filter(pk=1).first()
    if canary is None:
        return True
    try:
        return crypto.unseal(bytes(canary.sealed), purpose=_PURPOSE) == _TEXT
    except crypto.SealBroken:
        return False
