"""Numbers that belong to one person, in a text. Pure.

A number is taken for an identity number when a birthday stands where it must: checksums are left
alone, since a number with one wrong digit still names somebody.
"""

from __future__ import annotations

import re

# Digits may be full-width or broken by spaces, signs and brackets, as people write them.
_FULL_WIDTH = {ord("０") + digit: str(digit) for digit in range(10)} | {
    ord("Ｘ"): "X",
    ord("ｘ"): "x",
}
_GAP = re.compile(r"(?<=\d)[\s.·()（）-]+(?=[\dXx])")
NUMERALS = str.maketrans("〇零一二三四五六七八九幺壹贰叁肆伍陆柒捌玖", "001234567891123456789")
BETWEEN = re.compile(r"[\s.·•,，、_-]+")

_MONTH_AND_DAY = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_IDENTITY = re.compile(
    rf"(?<!\d)(?:[1-8]\d{{5}}(?:19|20)\d\d{_MONTH_AND_DAY}\d{{3}}[\dXx]|[1-8]\d{{5}}\d\d{_MONTH_AND_DAY}\d{{3}})(?!\d)"
)
_PHONE = re.compile(r"(?<!\d)(?:(?:\+?86)?1[3-9]\d{9}|0\d{2,3}\d{7,8})(?!\d)")
_BANK_CARD = re.compile(r"(?<!\d)(?:\d{16}|[3-6]\d{16,18})(?!\d)")
_PLATE = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]"
    r"[A-HJ-NP-Z]\s?[·•.]?\s?[A-HJ-NP-Z0-9]{5,6}",
    re.IGNORECASE,
)


def spelled_plainly(text: str) -> str:
    """``text`` with its numbers in one piece, in ordinary digits."""
    return _GAP.sub("", text.translate(_FULL_WIDTH))


def spelled_in_digits(text: str) -> str:
    """The same for what was written in words to get past a filter."""
    return BETWEEN.sub("", text.translate(_FULL_WIDTH).translate(NUMERALS))


def tells_phone(text: str) -> bool:
    return _PHONE.search(text) is not None


def tells_identity(text: str) -> bool:
    return _IDENTITY.search(text) is not None


def tells_bank_card(text: str) -> bool:
    return any(not _IDENTITY.fullmatch(found[0]) for found in _BANK_CARD.finditer(text))


def tells_plate(text: str) -> bool:
    return _PLATE.search(text) is not None
