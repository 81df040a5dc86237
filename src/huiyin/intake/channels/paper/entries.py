"""What is keyed of one form, and in what two entries differ. Pure, but for the seal."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from huiyin.kernel import crypto

_PURPOSE = "paper-form"
FIELDS = ("level", "tags", "unusable", "mobile", "text")
# Two people seldom write down a sentence in the same way: another character in the text is shown
# and settled, and does not count as an error of keying.
COUNTED = frozenset(FIELDS) - {"text"}


@dataclass(frozen=True)
class Entry:
    """One form, as somebody keyed it. ``unusable`` says why it is no review: then it is empty."""

    level: int | None = None
    tags: Sequence[str] = ()
    text: str = ""
    mobile: str = ""
    unusable: str = ""

    def compared(self) -> dict[str, Any]:
        return {
            "level": self.level,
            "tags": sorted(set(self.tags)),
            "unusable": self.unusable,
            "mobile": "".join(filter(str.isdigit, self.mobile))[-11:],
            "text": _plain(self.text),
        }


def differences(one: Entry, other: Entry) -> list[str]:
    """The names of the fields in which they differ, in the order of the form."""
    left, right = one.compared(), other.compared()
    return [name for name in FIELDS if left[name] != right[name]]


def counts_as_error(differing: Collection[str]) -> bool:
    return bool(COUNTED & set(differing))


def seal_words(entry: Entry, about: bytes) -> bytes | None:
    """The citizen's own words and number, sealed; None when there are none."""
    if not entry.text and not entry.mobile:
        return None
    said = json.dumps({"text": entry.text, "mobile": entry.mobile}, ensure_ascii=False)
    return crypto.seal(said, purpose=_PURPOSE, about=about)


def open_words(sealed: bytes, about: bytes) -> tuple[str, str]:
    """Text and number."""
    said = json.loads(crypto.unseal(sealed, purpose=_PURPOSE, about=about))
    return said["text"], said["mobile"]


def _plain(text: str) -> str:
    """Without what two people write differently: width, spaces, case."""
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()
