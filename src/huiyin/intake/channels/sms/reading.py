"""What a citizen's text message says: a level and words, or nothing that can be told for sure.

Pure. A level is one digit from 1 to 5 or its Chinese numeral, or the name of a level, at the very
beginning; what follows are words. What may mean something else is no level: “2个小时才办完” is no
2, “10分” no 1, “1-5” no 1, and “1 非常满意” says two things at once.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True)
class Rating:
    level: int
    words: str = ""


_NUMERALS = {
    **dict(zip("一二三四五", range(1, 6), strict=True)),
    **dict(zip("壹贰叁肆伍", range(1, 6), strict=True)),
    **dict(zip("12345", range(1, 6), strict=True)),
}
# The names of the levels as GB/T 39046 has them, and their plain synonyms; longer ones first.
_NAMES = (
    ("非常不满意", 1),
    ("很不满意", 1),
    ("十分不满意", 1),
    ("非常满意", 5),
    ("很满意", 5),
    ("十分满意", 5),
    ("基本满意", 3),
    ("不满意", 2),
    ("满意", 4),
    ("very dissatisfied", 1),
    ("very satisfied", 5),
    ("fairly satisfied", 3),
    ("dissatisfied", 2),
    ("satisfied", 4),
)
_TRADITIONAL = str.maketrans({"滿": "满", "貳": "贰", "參": "叁", "叄": "叁"})
# Levels up to this one are bad.
_BAD = 2
_AROUND = " \t\r\n　.。!！,，;；:：、\"'“”‘’()（）[]【】~～…"
# A digit that counts or measures something is no level, unless it stands apart; “分” alone is the
# unit of a rating. Nor is one of a range, or of a longer number.
_COUNTS = re.compile(
    r"^(?:[个個次天日号號月年点點时時名人位遍趟楼樓层層块塊元份张張家种種周週区區科室件页頁本条條步]"
    r"|分[钟鐘之钱錢]|小时|小時|星期|\s*[-~—–至到或/.]\s*[0-9一二三四五六七八九十]"
    r"|\s*[、,]\s*[0-9一二三四五](?:分|\s*$|[、,])|[0-9零十百千万萬])"
)
_UNIT = re.compile(r"^\s*(?:分|星|⭐|★)(?![钟鐘之期])")
# What some write before it: “评5分”, “给5分”.
_GIVING = re.compile(r"^我?(?:回复|回覆|评分|评价|评|打|给|選|选)\s*[:：]?\s*(?=[1-5一二三四五])")
_KEYCAP = re.compile("[\ufe0e\ufe0f\u20e3]")
# A level and what stands around it are never longer.
_LONGEST_LEVEL = 60
_STARS = re.compile(r"^[⭐★]{1,5}$")


def read(text: str) -> Rating | None:
    """The rating in ``text``; None when it is not one for sure."""
    plain = _plain(text)
    if _STARS.match(plain):
        return Rating(len(plain))
    found = _numeral(plain) or _name(plain)
    if found is None:
        return None
    level, rest = found
    words = _without_signs(rest, text)
    said = _name(rest.strip(_AROUND))
    if said is not None and (said[0] <= _BAD) != (level <= _BAD):
        return None  # “1 非常满意”: which of the two is meant?
    return Rating(level, words)


def _plain(text: str) -> str:
    """``text`` in one form: no widths, no traditional characters, nothing unseen, nothing before it
    that is not a word."""
    seen = "".join(sign for sign in text if unicodedata.category(sign) not in ("Cf", "Cc"))
    one_form = _KEYCAP.sub("", unicodedata.normalize("NFKC", seen))
    return one_form.translate(_TRADITIONAL).strip(_AROUND).casefold()


def _numeral(plain: str) -> tuple[int, str] | None:
    plain = _GIVING.sub("", plain)
    level = _NUMERALS.get(plain[:1])
    rest = plain[1:]
    if level is None or _COUNTS.match(rest):
        return None
    if unit := _UNIT.match(rest):
        return level, rest[unit.end() :]
    if not plain[0].isdigit() and rest and rest[0] not in _AROUND:
        # “一直没人接” begins with a word, not with a level.
        return None
    if rest and rest[0].isascii() and rest[0].isalnum():
        return None
    return level, rest


def _name(plain: str) -> tuple[int, str] | None:
    for name, level in _NAMES:
        if plain.startswith(name):
            rest = plain[len(name) :]
            # “满意吗” asks, “满意度” is another word.
            return (level, rest) if not rest or rest[0] in _AROUND else None
    return None


def _without_signs(rest: str, text: str) -> str:
    """The words of ``rest`` as they were written: form and case are the citizen's."""
    wanted = rest.strip(_AROUND)
    if not wanted:
        return ""
    # The words are the end of the message: find where they begin in it.
    for start in range(min(len(text), _LONGEST_LEVEL)):
        if _plain(text[start:]) == wanted and text[start] not in _AROUND:
            return text[start:].strip()
    return wanted
