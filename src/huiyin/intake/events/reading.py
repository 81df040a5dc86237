"""Reading single values of an event row. Pure: each function returns the value or raises ``Wrong``.

Values come as text or numbers from JSON, csv and xlsx. Reasons name what is expected and never
repeat the value, which may be personal.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise, lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from huiyin.directory import codes
from huiyin.intake import strict_json
from huiyin.kernel.clock import LOCAL
from huiyin.kernel.text import is_blank, is_printable


@dataclass(frozen=True)
class Reader:
    """How a value is read, and what it has to look like: for machines and for people."""

    read: Callable[[Any], Any]
    schema: Mapping[str, Any]
    form: str

    def __call__(self, value: Any) -> Any:
        return self.read(value)


def _looks(form: str, *shapes: Mapping[str, Any]) -> Callable[[Callable[[Any], Any]], Reader]:
    """For a function that reads a value: the JSON schema of what it takes, and that in words."""
    schema = shapes[0] if len(shapes) == 1 else {"anyOf": list(shapes)}
    return lambda read: Reader(read, schema, form)


def _string(**more: Any) -> dict[str, Any]:
    return {"type": "string", **more}


def _integer(least: int, most: int) -> dict[str, Any]:
    return {"type": "integer", "minimum": least, "maximum": most}


# GB 32100-2015; small letters are read as capitals.
_USCC = "[0-9A-HJ-NPQRTUWXYa-hj-npqrtuwxy]{18}"
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


def text(limit: int) -> Reader:
    """Text on one line of at most ``limit`` characters, without outer spaces; text of which nothing
    can be seen is empty."""

    @_looks(f"text, at most {limit} characters", _string(maxLength=limit))
    def read(value: Any) -> str:
        if isinstance(value, float):
            raise Wrong(_("Give this as text: as a number it may have lost digits."))
        if not isinstance(value, str):
            raise Wrong(_("Must be text."))
        # Most texts hold nothing but what Python can print: then neither is there.
        prints = value.isprintable()
        if not prints and any(unicodedata.category(sign) in _INVISIBLE for sign in value):
            raise Wrong(_("Contains control characters or line breaks."))
        if not prints and not is_printable(value):
            raise Wrong(_("Contains characters that turn the direction of writing."))
        seen = "" if is_blank(value) else value.strip()
        if len(seen) > limit:
            raise Wrong(_("At most %(limit)d characters.") % {"limit": limit})
        return seen

    return read


_short = text(60)


def code(value: Any, expected: str | Promise) -> str:
    """A short code that existing systems send as text or as a whole number. ``expected`` is the
    reason when it is neither; lazy, since it is translated only for those who need it."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise Wrong(expected)
    found: str = _short(value)
    return found


def _filled_in(reason: str, **values: Any) -> str | Promise:
    """``reason`` with its ``values``, in the language of whoever reads it."""
    return lazy(lambda: _(reason) % values, str)()


def choice(*known: str) -> Reader:
    """One of ``known`` codes; leading zeros that a spreadsheet ate are put back."""

    expected = _filled_in(gettext_noop("Must be one of %(codes)s."), codes=", ".join(known))

    @_looks("one of " + ", ".join(known), {"enum": [*known, *(int(code) for code in known)]})
    def read(value: Any) -> str:
        given = code(value, expected)
        if given.isascii() and given.isdigit():
            given = given.zfill(len(known[0]))
        if given not in known:
            raise Wrong(expected)
        return given

    return read


@_looks("two digits", _string(pattern="^[0-9]{1,2}$"), _integer(0, 99))
def task_type(value: Any) -> str:
    """The kind of item; older codes are mapped as the national platform maps them."""
    value = code(value, gettext_lazy("Must be two digits."))
    if not value.isascii() or not value.isdigit() or len(value) > 2:
        raise Wrong(_("Must be two digits."))
    value = value.zfill(2)
    if value == "11":
        return "20"
    return value if value in {"01", "05", "07", "08", "09", "10", "20"} else "99"


def whole(least: int, most: int) -> Reader:
    expected = _filled_in(
        gettext_noop("Must be a whole number from %(least)d to %(most)d."), least=least, most=most
    )

    @_looks(
        f"whole number from {least} to {most}",
        _integer(least, most),
        _string(pattern="^[0-9]{1,6}$"),
    )
    def read(value: Any) -> int:
        value = code(value, expected)
        if not re.fullmatch(r"[0-9]{1,6}", value) or not least <= int(value) <= most:
            raise Wrong(expected)
        return int(value)

    return read


@_looks(
    "6 or 12 digits",
    _string(pattern="^[1-9][0-9]{5}([0-9]{6})?$"),
    _integer(100_000, 999_999),
    _integer(10**11, 10**12 - 1),
)
def area(value: Any) -> str:
    expected = gettext_lazy("Must be a division code of 6 or 12 digits.")
    digits = codes.twelve_digits(code(value, expected))
    if digits is None:
        raise Wrong(expected)
    return digits


@_looks("18 characters", _string(pattern=f"^{_USCC}$"))
def credit_code(value: Any) -> str:
    given: str = _short(value).upper()
    if len(given) != 18:
        raise Wrong(_("Must be a unified social credit code of 18 characters."))
    if not codes.is_uscc(given):
        raise Wrong(_("Is not a unified social credit code: its check character does not fit."))
    return given


@_looks(
    "18 characters, or 12 digits, _ and 18 characters",
    _string(pattern=f"^([1-9][0-9]{{11}}_)?{_USCC}$"),
)
def organisation_code(value: Any) -> str:
    uscc = codes.organisation_in(_short(value))
    if uscc is None:
        raise Wrong(
            _("Must be a valid unified social credit code, alone or as 12-digit area_code.")
        )
    return uscc


@_looks("31 or 33 characters", _string(pattern="^[0-9A-Za-z]{31}(.{2})?$"))
def item(value: Any) -> str:
    """The 31-character item code; of 33 characters the first 31 are the item."""
    found = codes.item_code(_short(value))
    if found is None:
        raise Wrong(_("Must be an item code of 31 characters, digits and capital letters."))
    return found


@_looks("33 characters", _string(pattern="^[0-9A-Za-z]{31}.{2}$"))
def handling_item(value: Any) -> str:
    value = _short(value)
    if len(value) != 33:
        raise Wrong(_("Must be a handling-item code of 33 characters."))
    found: str = item(value)
    return found


@_looks(
    "11 digits, also after +86",
    _string(pattern="^([+]?86[ -]?)?1[3-9][0-9]{9}$"),
    _integer(13 * 10**9, 2 * 10**10 - 1),
)
def mobile(value: Any) -> str:
    expected = gettext_lazy("Must be a mainland mobile number of 11 digits.")
    found = _MOBILE.fullmatch(code(value, expected))
    if found is None:
        raise Wrong(expected)
    return found[1]


_YES, _NO = ("1", "true", "yes", "是"), ("0", "2", "false", "no", "否")


@_looks("true or false", {"type": "boolean"}, {"enum": [*_YES, *_NO, 1, 0, 2]})
def flag(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    expected = gettext_lazy("Must be true or false.")
    value = code(value, expected).lower()
    if value in _YES:
        return True
    if value in _NO:
        return False
    raise Wrong(expected)


@_looks("a time, see below", _string(maxLength=60, examples=["2024-03-04 10:15:00"]))
def moment(value: Any) -> datetime:
    """A time of ISO 8601, ``yyyy-MM-dd HH:mm:ss`` or ``yyyyMMddHHmmss``; without a zone it is
    China's. A day alone is its beginning."""
    if isinstance(value, datetime):  # a date cell of a spreadsheet
        return value if value.tzinfo else value.replace(tzinfo=LOCAL)
    expected = gettext_lazy("Must be a time such as 2024-03-04 10:15:00.")
    value = code(value, expected)
    try:
        found = _in_compact(value) if _COMPACT.fullmatch(value) else _in_calendar(value)
    except (ValueError, OverflowError):
        found = None
    if found is None or not 2000 <= found.year <= 2099:
        raise Wrong(expected)
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


@_looks(
    f"list of at most {_MAX_PEOPLE} objects, or its JSON as text",
    {
        "type": "array",
        "maxItems": _MAX_PEOPLE,
        "items": {
            "type": "object",
            "additionalProperties": False,
            "properties": {name: _string(maxLength=60) for name in ("loginName", "name")},
        },
    },
    _string(),
)
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
    return {
        "login": _short(entry.get("loginName") or ""),
        "name": _short(entry.get("name") or ""),
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
