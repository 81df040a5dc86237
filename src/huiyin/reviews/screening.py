"""Finding what may name a person in a text before it is published. Pure.

In doubt a text is held back, visibly. A person can release it; the software never rewrites it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from enum import StrEnum


class Finding(StrEnum):
    PHONE = "phone"
    IDENTITY = "identity"
    BANK_CARD = "bank_card"
    PLATE = "plate"
    EMAIL = "email"
    NAME = "name"
    KNOWN = "known"  # what the platform itself knows of the persons concerned


_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
    "姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
_TITLES = "先生|女士|小姐|同志|老师|科长|处长|主任|局长|经理|医生|警官|师傅"

# Digits may be full-width or broken by spaces, dots and hyphens, as people write them.
_FULL_WIDTH = {ord("０") + digit: str(digit) for digit in range(10)}
_GAP = re.compile(r"(?<=\d)[\s.·-]+(?=\d)")
_NUMERALS = str.maketrans("〇零一二三四五六七八九幺壹贰叁肆伍陆柒捌玖", "001234567891123456789")
_BETWEEN = re.compile(r"[\s.·•,，、_-]+")

_PATTERNS: dict[Finding, re.Pattern[str]] = {
    Finding.IDENTITY: re.compile(r"(?<!\d)(\d{17}[\dXx]|\d{15})(?!\d)"),
    Finding.BANK_CARD: re.compile(r"(?<!\d)(\d{16}|\d{19})(?!\d)"),
    Finding.PHONE: re.compile(r"(?<!\d)((\+?86)?1[3-9]\d{9}|0\d{2,3}\d{7,8})(?!\d)"),
    Finding.PLATE: re.compile(
        r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Z]\s?[·•.]?\s?[A-HJ-NP-Z0-9]{5,6}",
        re.IGNORECASE,
    ),
    Finding.EMAIL: re.compile(r"[\w.+-]+@[\w-]+\.\w+"),
    Finding.NAME: re.compile(
        rf"[{_SURNAMES}][\u4e00-\u9fff]{{0,2}}({_TITLES})"
        rf"|(我叫|我是|姓名[:：是]?|名叫|叫做)[{_SURNAMES}][\u4e00-\u9fff]{{1,2}}"
        r"|\b(Mr|Mrs|Ms|Miss|Dr)\.?\s+[A-Z]\w+"
    ),
}

# What people write in words to get past a filter.
_WRITTEN_OUT = (Finding.PHONE, Finding.IDENTITY)


def screen(text: str, known: Iterable[str] = ()) -> list[Finding]:
    """What in ``text`` may name a person; empty when nothing was found.

    ``known`` are names and numbers of the persons concerned (each at least two characters): they
    are found however they are spaced, and numbers also in Chinese numerals.
    """
    plain = _GAP.sub("", text.translate(_FULL_WIDTH))
    spellings = [text, plain]
    counted = _BETWEEN.sub("", text.translate(_FULL_WIDTH).translate(_NUMERALS))
    found = [
        finding
        for finding, pattern in _PATTERNS.items()
        if any(pattern.search(spelling) for spelling in spellings)
        or (finding in _WRITTEN_OUT and pattern.search(counted))
    ]
    if _tells_known(text, known):
        found.append(Finding.KNOWN)
    return found


def _tells_known(text: str, known: Iterable[str]) -> bool:
    plain = _compact(text)
    counted = plain.translate(_NUMERALS)
    return any(
        wanted in plain or (wanted.isdecimal() and wanted in counted)
        for wanted in (_compact(value) for value in known)
        if wanted
    )


def _compact(text: str) -> str:
    """``text`` without what writers vary: width, case, spaces and signs between."""
    return _BETWEEN.sub("", unicodedata.normalize("NFKC", text).casefold())


def mask_name(name: str) -> str:
    """A name as the unit may see it: the first character, the rest hidden."""
    return name[:1] + "*" * max(1, min(len(name) - 1, 2))
