"""Finding what may name a person in a text before it is published. Pure.

In doubt a text is held back, visibly. A person can release it; the software never rewrites it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from enum import StrEnum

from huiyin.reviews.screening import numbers
from huiyin.reviews.screening.addresses import tells_an_address
from huiyin.reviews.screening.names import names_somebody


class Finding(StrEnum):
    PHONE = "phone"
    IDENTITY = "identity"
    BANK_CARD = "bank_card"
    PLATE = "plate"
    EMAIL = "email"
    NAME = "name"
    ADDRESS = "address"
    KNOWN = "known"  # what the platform itself knows of the persons concerned


_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.\w+")


def screen(text: str, known: Iterable[str] = ()) -> list[Finding]:
    """What in ``text`` may name a person; empty when nothing was found.

    ``known`` are names and numbers of the persons concerned (each at least two characters): they
    are found however they are spaced, and numbers also in Chinese numerals.
    """
    plain = numbers.spelled_plainly(text)
    counted = numbers.spelled_in_digits(text)
    looked_for = {
        Finding.PHONE: numbers.tells_phone(plain) or numbers.tells_phone(counted),
        Finding.IDENTITY: numbers.tells_identity(plain) or numbers.tells_identity(counted),
        Finding.BANK_CARD: numbers.tells_bank_card(plain),
        Finding.PLATE: numbers.tells_plate(text) or numbers.tells_plate(plain),
        Finding.EMAIL: _EMAIL.search(text) is not None,
        Finding.NAME: names_somebody(text),
        Finding.ADDRESS: tells_an_address(text),
        Finding.KNOWN: _tells_known(text, known),
    }
    return [finding for finding, is_there in looked_for.items() if is_there]


def _tells_known(text: str, known: Iterable[str]) -> bool:
    plain = _compact(text)
    counted = plain.translate(numbers.NUMERALS)
    return any(
        wanted in plain or (wanted.isdecimal() and wanted in counted)
        for wanted in (_compact(value) for value in known)
        if wanted
    )


def _compact(text: str) -> str:
    """``text`` without what writers vary: width, case, spaces and signs between."""
    return numbers.BETWEEN.sub("", unicodedata.normalize("NFKC", text).casefold())


def mask_name(name: str) -> str:
    """A name as the unit may see it: the first character, the rest hidden."""
    return name[:1] + "*" * max(1, min(len(name) - 1, 2))
