"""From the fields of a client to a ``PushedEvent`` or ``PushedReview``. Pure, shared by dialects.

Names are known in their national spelling and in those that systems use instead of it; a name is
never guessed by similarity. What has no place is handed on as ``unknown``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from huiyin.dialects import codes
from huiyin.dialects.errors import Code, Refused
from huiyin.dialects.structs import EVENT_NAMES, REVIEW_NAMES, Entry, PushedEvent, PushedReview
from huiyin.dialects.traits import AssessNumber, Traits

# Spellings of one field, by the name that the struct has for it.
SPELLINGS: Mapping[str, str] = MappingProxyType(
    {
        "proDepart": "orgName",
        "promiseTime": "projectType",
        "nodeName": "serviceName",
        "certKeyGOV": "certKey",
        "certkeyGOV": "certKey",
        "assessNumber": "assessNumber",
    }
)
_EVENT_NAMES, _REVIEW_NAMES = frozenset(EVENT_NAMES), frozenset(REVIEW_NAMES)
# What only a review has, and no event.
_MARK_OF_A_REVIEW = "satisfaction"
_LONGEST_VALUE = 4000


def entry_of(given: Any, traits: Traits) -> Entry:
    """One object of a request, whether it is an event or a review; never raises."""
    if not isinstance(given, dict):
        return Entry(code=Code.UNREADABLE)
    reader = _review if _MARK_OF_A_REVIEW in given else _event
    try:
        return reader(given, traits)
    except Refused as problem:
        return Entry(code=problem.code, field=problem.field)


def text_of(value: Any, *, field: str = "") -> str:
    """The text that a value was meant as. Raises ``Refused`` for what is none.

    A number with a fraction is refused: it may have lost digits of a code on its way.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "2"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, (list, dict)):
        value = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, str) or len(value) > _LONGEST_VALUE:
        raise Refused(Code.FIELD_INVALID, field=field)
    return value.strip()


def as_json(value: Any) -> str:
    """A value of a field that nobody knows, as JSON; what JSON cannot say, as text."""
    return json.dumps(value, ensure_ascii=False, default=str)


def _event(given: Mapping[str, Any], traits: Traits) -> Entry:
    values, unknown = _split(given, _EVENT_NAMES | {"assessNumber"})
    for name, meant in traits.defaults.items():
        values.setdefault(name, meant)
    assessed = values.pop("assessNumber", "")
    if "areaCode" in values:
        before = values["areaCode"]
        values["areaCode"] = codes.area_in_force(before)
        if values["areaCode"] != before:
            unknown["areaCode"] = as_json(before)
    if values.get("userProp"):
        values["userProp"] = codes.translated(
            values["userProp"], traits.user_prop, field="userProp"
        )
    if traits.promise_reversed and values.get("projectType"):
        values["projectType"] = codes.swapped_promise(values["projectType"])
    if not traits.numbers_services and not values.get("serviceNumber"):
        # Its clients count the services of a case by how far the case has come.
        number = assessed if traits.assess_number is AssessNumber.SERVICE else ""
        values["serviceNumber"] = number or values.get("proStatus", "")
    elif assessed:
        unknown["assessNumber"] = as_json(assessed)
    return Entry(event=msgspec.convert(values, PushedEvent), unknown=unknown)


def _review(given: Mapping[str, Any], traits: Traits) -> Entry:
    values, unknown = _split(given, _REVIEW_NAMES)
    for name in ("projectNo", "satisfaction", "pf"):
        if not values.get(name):
            raise Refused(Code.FIELD_MISSING, field=name)
    if "areaCode" in values:
        values["areaCode"] = codes.area_in_force(values["areaCode"])
    values["satisfaction"] = str(
        codes.level(codes.digits(values["satisfaction"]), best=traits.best_level)
    )
    values["pf"] = codes.translated(values["pf"], traits.pf, field="pf")
    assessed = codes.digits(values.pop("assessNumber", ""))
    if traits.assess_number is AssessNumber.SERVICE:
        values.setdefault("serviceNumber", assessed)
    elif traits.assess_number is AssessNumber.ORDINAL and assessed:
        if assessed not in {"1", "2"}:
            raise Refused(Code.FIELD_INVALID, field="assessNumber")
        values["assessNumber"] = assessed
    return Entry(review=msgspec.convert(values, PushedReview), unknown=unknown)


def _split(
    given: Mapping[str, Any], known: frozenset[str] | set[str]
) -> tuple[dict[str, str], dict[str, str]]:
    """The values that have a place, by their names there, and the others as JSON."""
    values: dict[str, str] = {}
    unknown: dict[str, str] = {}
    for name, value in given.items():
        place = SPELLINGS.get(name, name)
        if place not in known:
            unknown[name] = as_json(value)
            continue
        text = text_of(value, field=name)
        if not text:
            continue
        if values.setdefault(place, text) != text:
            # Two spellings with two values: both systems meant theirs.
            raise Refused(Code.FIELD_INVALID, field=name)
    return values, unknown
