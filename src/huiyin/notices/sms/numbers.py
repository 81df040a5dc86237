"""Telephone numbers: in one form, and as the keyed hash by which they are found again."""

from __future__ import annotations

import re

from huiyin.kernel import crypto

_NOISE = re.compile(r"[\s()\-.]+")
_MAINLAND = re.compile(r"(?:\+|00)?86(1[3-9][0-9]{9})")
_PLAUSIBLE = re.compile(r"\+?[0-9]{3,20}")


def normal(typed: str) -> str | None:
    """The 11 digits of a mainland mobile number; another number without its punctuation.

    None for what is no number.
    """
    number = _NOISE.sub("", typed)
    mainland = _MAINLAND.fullmatch(number)
    if mainland:
        return mainland[1]
    return number if _PLAUSIBLE.fullmatch(number) else None


def hash_of(number: str) -> bytes:
    """The keyed hash of a number in its normal form: the one that cases are stored with."""
    return crypto.lookup_hash(number, purpose="mobile")


def hash_of_typed(number: str) -> bytes:
    """The same of a number as somebody wrote it; of what is no number, of that."""
    return hash_of(normal(number) or number)
