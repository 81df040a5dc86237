"""Reading single values of an event row. Pure: each function returns the value or raises ``Wrong``.

Values come as text or numbers from JSON, csv and xlsx. Reasons name what is expected and never
repeat the value, which may be personal.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from huiyin.directory import codes
from huiyin.intake import strict_json
from huiyin.kernel.clock import LOCAL

Reader = Callable[[Any], Any]

_MOBILE = re.compile(r"(?:\+?86[ -]?)?(1[3-9][0-9]{9})")
_COMPACT = re.compile(r"[0-9]{14}")
_CALENDAR = re.compile(
    r"([0-9]{4})[-/]([0-9]{1,2})[-/]([0-9]{1,2})"
    r"(?:[T ]([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)?"
    r"\s?(Z|[+-][0-9]{2}:?[0-9]{2})?)?",
    re.IGNORECASE,
)
_INVISIBLE = {"Cc", "Cs", "Zl", "Zp"}
_MAX_PEOPLE = 20


class Wrong(ValueError):
    """The value cannot be taken; the text says what is expected."""


def text(limit: int) -> Callable[[Any], str]:
    """Text on one line of at most ``limit`` characters, without outer spaces."""

    def read(value: Any) -> str:
        if isinstance(value, float):
            raise Wrong(_("Give this as text: as a number it may have lost digits."))
        if not isinstance(value, str):
            raise Wrong(_("Must be text."))
        if any(unicodedata.category(sign) in _INVISIBLE for sign in value):
            raise Wrong(_("Contains control characters or line breaks."))
        plain = value.strip()
        if len(plain) > limit:
            raise Wrong(_("At most %(limit)d characters.") % {"limit": limit})
        return plain

    return read


def code(value: Any) -> str:
    """A short code that existing systems send as text or as a whole number."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return text(60)(value)


def choice(*known: str) -> Reader:
    """One of ``known`` codes; leading zeros that a spreadsheet ate are put back."""

    def read(value: Any) -> str:
        given = code(value)
        if given.isascii() and given.isdigit():
            given = given.zfill(len(known[0]))
        if given not in known:
            raise Wrong(_("Must be one of %(codes)s.") % {"codes": ", ".join(known)})
        return given

    return read


def task_type(value: Any) -> str:
    """The kind of item; older codes are mapped as the national platform maps them."""
    value = code(value)
    if not value.isascii() or not value.isdigit() or len(value) > 2:
        raise Wrong(_("Must be two digits."))
    value = value.zfill(2)
    if value == "11":
        return "20"
    return value if value in {"01", "05", "07", "08", "09", "10", "20"} else "99"


def whole(least: int, most: int) -> Reader:
    def read(value: Any) -> int:
        value = code(value)
        if not re.fullmatch(r"[0-9]{1,6}", value) or not least <= int(value) <= most:
            raise Wrong(
                _("Must be a whole number from %(least)d to %(most)d.")
                % {"least": least, "most": most}
            )
        return int(value)

    return read


def area(value: Any) -> str:
    digits = codes.twelve_digits(code(value))
    if digits is None or not digits.isascii():
        raise Wrong(_("Must be a division code of 6 or 12 digits."))
    return digits


def credit_code(value: Any) -> str:
    given = text(60)(value).upper()
    if len(given) != 18:
        raise Wrong(_("Must be a unified social credit code of 18 characters."))
    if not codes.is_uscc(given):
        raise Wrong(_("Is not a unified social credit code: its check character does not fit."))
    return given


def organisation_code(value: Any) -> str:
    uscc = codes.organisation_in(text(60)(value))
    if uscc is None:
        raise Wrong(
            _("Must be a valid unified social credit code, alone or as 12-digit area_code.")
        )
    return uscc


def item(value: Any) -> str:
    """The 31-character item code; of 33 characters the first 31 are the item."""
    found = codes.item_code(text(60)(value))
    if found is None:
        raise Wrong(_("Must be an item code of 31 characters, digits and capital letters."))
    return found


def handling_item(value: Any) -> str:
    value = text(60)(value)
    if len(value) != 33:
        raise Wrong(_("Must be a handling-item code of 33 characters."))
    return item(value)


def mobile(value: Any) -> str:
    found = _MOBILE.fullmatch(code(value))
    if found is None:
        raise Wrong(_("Must be a mainland mobile number of 11 digits."))
    return found[1]


def flag(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    value = code(value).lower()
    if value in {"1", "true", "yes", "是"}:
        return True
    if value in {"0", "2", "false", "no", "否"}:
        return False
    raise Wrong(_("Must be true or false."))


def moment(value: Any) -> datetime:
    """A time of ISO 8601, ``yyyy-MM-dd HH:mm:ss`` or ``yyyyMMddHHmmss``; without a zone it is
    China's. A day alone is its beginning."""
    if isinstance(value, datetime):  # a date cell of a spreadsheet
        return value if value.tzinfo else value.replace(tzinfo=LOCAL)
    value = code(value)
    try:
        found = _in_compact(value) if _COMPACT.fullmatch(value) else _in_calendar(value)
    except (ValueError, OverflowError):
        found = None
    if found is None or not 2000 <= found.year <= 2099:
        raise Wrong(_("Must be a time such as 2024-03-04 10:15:00."))
    return found if found.tzinfo else found.replace(tzinfo=LOCAL)


def _in_compact(value: str) -> datetime:
    parts = [int(value[:4]), *(int(value[at : at + 2]) for at in range(4, 14, 2))]
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001 - the zone is added above


def _in_calendar(value: str) -> datetime | None:
    found = _CALENDAR.fullmatch(value)
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    iso = f"{year}-{int(month):02}-{int(day):02}"
    if hour:
        iso += f"T{int(hour):02}:{minute}:{second or '00'}"
        iso += f".{fraction[:6]:0<6}" if fraction else ""
        iso += zone.upper() if zone else ""
    return datetime.fromisoformat(iso)


def people(value: Any) -> tuple[Mapping[str, str], ...]:
    """The clerks who served: a list of objects with ``loginName`` and ``name``, or its JSON."""
    if isinstance(value, str):
        try:
            value = strict_json.loads(value)
        except ValueError as error:
            raise Wrong(_("Must be a JSON list of objects with loginName and name.")) from error
    if not isinstance(value, list) or len(value) > _MAX_PEOPLE:
        raise Wrong(
            _("Must be a list of at most %(most)d objects with loginName and name.")
            % {"most": _MAX_PEOPLE}
        )
    return tuple(_person(entry) for entry in value)


def _person(entry: Any) -> Mapping[str, str]:
    if (
        not isinstance(entry, dict)
        or isinstance(entry, strict_json.Repeating)
        or not entry.keys() <= {"loginName", "name"}
    ):
        raise Wrong(_("Each entry must be an object with loginName and name, nothing else."))
    short = text(60)
    return {
        "login": short(entry.get("loginName") or ""),
        "name": short(entry.get("name") or ""),
    }


def as_text(value: Any) -> str:
    """``value`` as it is written back into a file of rejected rows."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False)
    return str(value)
