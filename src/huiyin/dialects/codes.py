"""Codes in which dialects differ, and what they mean. Pure.

What all dialects share (kinds of item, page types, item codes of 31 and 33 characters) is read by
``intake/events``, so that a gateway and ``POST /api/v1/events`` cannot disagree.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType

from huiyin.dialects.errors import Code, Refused

# What stands for a rating that a system gave when nobody did.
NOBODY = "nobody"

_COMMON = {"1": "web", "2": "mobile", "3": "qr", "4": "counter_device", "5": "kiosk"}
PF_NATIONAL: Mapping[str, str] = MappingProxyType({**_COMMON, "6": "hotline", "7": "sms"})
# 8 is the mini-program.
PF_SHANDONG: Mapping[str, str] = MappingProxyType({**PF_NATIONAL, "8": "mobile"})
# 6 is the text message, and 7 what the system gives when the citizen is silent.
PF_ZHEJIANG: Mapping[str, str] = MappingProxyType({**_COMMON, "6": "sms", "7": NOBODY})

# 1 person, 2 enterprise, 3 public institution, 4 social organisation, 5 unincorporated enterprise,
# 6 administrative organ, 9 other.
USER_PROP_NATIONAL: Mapping[str, str] = MappingProxyType({one: one for one in "1234569"})
USER_PROP_TWO: Mapping[str, str] = MappingProxyType({"1": "1", "2": "2"})
# GB/T 39046-2020: 5 is the organ, 6 whatever else there is.
USER_PROP_STANDARD: Mapping[str, str] = MappingProxyType(
    {"1": "1", "2": "2", "3": "3", "4": "4", "5": "6", "6": "9"}
)

# An item whose code holds this is a local one: it is not reported to the platform above.
LOCAL_ITEM = "00000000"


def is_local_item(code: str) -> bool:
    """Whether an item code (31 or 33 characters) is of an item that only the place itself has."""
    return LOCAL_ITEM in code[:31]


def level(given: str, *, best: int, field: str = "satisfaction") -> int:
    """The level 5 (very satisfied) to 1 that ``given`` says, when ``best`` (5 or 1) is the best."""
    if given not in {"1", "2", "3", "4", "5"}:
        raise Refused(Code.FIELD_INVALID, field=field)
    return int(given) if best == 5 else 6 - int(given)


def digits(given: str) -> str:
    """A code that is counted from 1, without the zeros that some systems write in front."""
    return given.lstrip("0") or given


def translated(given: str, table: Mapping[str, str], *, field: str) -> str:
    """``given`` as ``table`` says; empty stays empty. Raises ``Refused``."""
    if not given:
        return ""
    found = table.get(digits(given))
    if found is None:
        raise Refused(Code.FIELD_INVALID, field=field, about=", ".join(table))
    return found


def swapped_promise(given: str) -> str:
    """1 instant, 2 promised of a place that writes them the other way round."""
    return {"1": "2", "2": "1"}.get(digits(given), given)


def area_in_force(given: str, *, field: str = "areaCode") -> str:
    """``given`` (6 or 12 digits), or the code that replaced it when the division was abolished.

    Where several divisions took its place, or only part of the code is known to have changed,
    nobody but the sender can say which one is meant: raises ``Refused`` and names them. What is no
    code at all passes and is refused where codes are looked at.
    """
    successors = _abolished().get(given[:6])
    if successors is None or not (given.isascii() and given.isdigit()):
        return given
    if len(successors) > 1 or given[6:].strip("0"):
        raise Refused(Code.AREA_ABOLISHED, field=field, about=", ".join(successors))
    return successors[0] + given[6:]


@cache
def _abolished() -> Mapping[str, tuple[str, ...]]:
    """Codes of counties and cities that are no more, and what took their place; see the notices of
    the Ministry of Civil Affairs on changes of divisions above the county."""
    text = resources.files("huiyin.dialects").joinpath("abolished_areas.csv")
    rows = csv.DictReader(text.read_text(encoding="utf-8").splitlines())
    return {row["code"]: tuple(row["successors"].split()) for row in rows}
