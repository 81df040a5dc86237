"""Where somebody lives, in a text. Pure."""

from __future__ import annotations

import re

_NUMBER = r"[0-9０-９一二三四五六七八九十百]{1,5}"
_ADDRESS = re.compile(
    # A street and the number of a house.
    rf"[\u4e00-\u9fff]{{1,8}}(?:路|街|大道|巷|弄|里|胡同|坊)\s?{_NUMBER}(?:[-—]{_NUMBER})?(?:号|弄)(?!线|窗|口)"
    # A building of an estate, a flat in it.
    rf"|[\u4e00-\u9fff0-9]{{2,8}}?{_NUMBER}(?:幢|栋|座)"
    rf"|{_NUMBER}号楼\s?(?:{_NUMBER}单元\s?)?{_NUMBER}(?:室|号|户)"
    rf"|{_NUMBER}单元\s?{_NUMBER}"
    # Building, staircase and flat with nothing but hyphens between.
    r"|(?:[区村苑园寓府庭庐城里湾]|家在|住)\s?\d{1,3}[-—]\d{1,2}[-—]\d{3,4}"
    # A village.
    rf"|[\u4e00-\u9fff]{{1,6}}[村寨屯庄](?:{_NUMBER}组)?{_NUMBER}号|{_NUMBER}组{_NUMBER}号"
)


def tells_an_address(text: str) -> bool:
    """Whether ``text`` seems to tell a house or a flat."""
    return _ADDRESS.search(text) is not None
