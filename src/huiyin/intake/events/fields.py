"""The fields of a service event as business systems name them, and what we call them. Pure.

The names are those of the national platform's table for 政务服务“好差评”; where systems spell one
name in several ways all are known. Read ``FIELDS`` as the table it is. ``decode`` turns one row
into a ``NewEvent`` or says everything that is wrong with it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from huiyin.intake.events import reading
from huiyin.intake.events.reading import Reader, Wrong
from huiyin.intake.strict_json import Repeating
from huiyin.reviews.events import Fault, NewEvent, Place

# The name under which faults of a whole row are reported.
ROW = "(row)"
# What stands for a name that does not look like one.
UNKNOWN = "(unknown field)"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}")


@dataclass(frozen=True)
class Field:
    """One field: our name, the names it comes under, how to read it, and a word for the docs."""

    ours: str
    names: tuple[str, ...]
    read: Reader
    about: str
    required: bool = False

    @property
    def name(self) -> str:
        return self.names[0]


_text = reading.text
_UNITS = "0 natural day, 1 working day, 2 month, 3 year"

# fmt: off
FIELDS: tuple[Field, ...] = (
    # Who and where.
    Field("jurisdiction", ("areaCode",), reading.area,
          "division code, 6 or 12 digits", required=True),
    Field("uscc", ("deptCode",), reading.credit_code,
          "unified social credit code of the responsible organisation", required=True),
    Field("", ("orgcode",), reading.organisation_code,
          "credit code of the handling body, alone or as 12-digit area_code", required=True),
    Field("", ("orgName", "proDepart"), _text(200), "name of the organisation", required=True),

    # What.
    Field("task_type", ("taskType",), reading.task_type,
          "kind of item: 01, 05, 07, 08, 09, 10, 20; 11 becomes 20, others 99", required=True),
    Field("item_code", ("taskCode",), reading.item, "item code, 31 characters", required=True),
    Field("handling_item", ("taskHandleItem",), reading.handling_item,
          "handling-item code, 33 characters; the first 31 are taskCode"),
    Field("item_name", ("taskName",), _text(200), "name of the item", required=True),
    Field("project_no", ("projectNo",), _text(50),
          "case number, unique within the organisation and division", required=True),
    Field("title", ("projectName",), _text(500), "title of the case; sealed, never shown"),
    Field("", ("projectType", "promiseTime"), reading.choice("1", "2"),
          "1 instant, 2 promised"),
    Field("", ("promiseDay",), reading.whole(0, 9999), "promised period"),
    Field("", ("promiseType",), reading.choice("0", "1", "2", "3"), _UNITS),
    Field("", ("anticipateDay",), reading.whole(0, 9999), "statutory period"),
    Field("", ("anticipateType",), reading.choice("0", "1", "2", "3"), _UNITS),

    # How far, and when.
    Field("status", ("proStatus",), reading.choice("1", "2", "3"),
          "1 to be accepted, 2 in progress, 3 finished", required=True),
    Field("channel", ("proChannel",), reading.choice("1", "2"),
          "1 online, 2 offline; without it: offline when a hall or counter is named"),
    Field("accepted_on", ("acceptDate",), reading.moment,
          "when the case was accepted; required with proStatus 2 and 3"),
    Field("finished_on", ("resultDate",), reading.moment,
          "when the case was finished; required with proStatus 3"),
    Field("node_name", ("serviceName", "nodeName"), _text(100), "name of this service"),
    Field("service_number", ("serviceNumber",), reading.whole(1, 999),
          "number of this service within the case, 1 to 999", required=True),
    Field("occurred_at", ("serviceTime",), reading.moment,
          "when the service was given; without it resultDate, else acceptDate"),
    Field("hall_name", ("hallName",), _text(100), "service hall"),
    Field("counter_number", ("window",), _text(20), "counter"),
    Field("manager", ("proManager",), _text(60), "clerk; used when evaluatedPersonInfo is missing"),
    Field("clerks", ("evaluatedPersonInfo",), reading.people,
          "clerks: a list of objects with loginName and name, or its JSON as text"),

    # The citizen: sealed on arrival.
    Field("applicant_kind", ("userProp",), reading.choice("1", "2", "3", "4", "5", "6", "9"),
          "1 person, 2 enterprise, 3 public institution, 4 social organisation, 5 unincorporated "
          "enterprise, 6 administrative organ, 9 other", required=True),
    Field("name", ("userName",), _text(200), "name of the applicant", required=True),
    Field("identity_kind", ("userPageType",),
          reading.choice("001", "111", "114", "118", "414", "511", "516", "821", "999"),
          "111 resident ID, 001 credit code, 414 passport, 511 Taiwan, 516 Hong Kong/Macao, "
          "114 officer, 118 soldier, 821 licence, 999 other", required=True),
    Field("identity", ("certKey", "certKeyGOV", "certkeyGOV"), _text(200),
          "identity number, under one of its spellings", required=True),
    Field("mobile", ("mobile",), reading.mobile, "mobile number", required=True),
    Field("agent_name", ("handleUserName",), _text(200), "name of the agent"),
    Field("agent_kind", ("handleUserPageType",),
          reading.choice("001", "111", "114", "118", "414", "511", "516", "821", "999"),
          "the agent's kind of identity, as userPageType"),
    Field("agent_identity", ("handleUserPageCode",), _text(200), "identity number of the agent"),

    # Where it comes from; checked, not kept.
    Field("", ("dataSource",), _text(10), "data source: 1 and two digits of the province"),
    Field("", ("appMark",), _text(100), "name of the sending system"),
    Field("", ("source",), _text(100), "name of the sending system"),
    Field("", ("sysNo",), _text(100), "name of the sending system"),

    # Our own.
    Field("invite", ("invite",), reading.flag,
          "whether to answer an invitation link for the citizen"),
)
# fmt: on

_FIELD_OF = {name: entry for entry in FIELDS for name in entry.names}
_NAME_OF = {entry.ours: entry.name for entry in FIELDS if entry.ours}
KNOWN_NAMES = frozenset(_FIELD_OF)
TIMES = frozenset(entry.name for entry in FIELDS if entry.read is reading.moment)


@dataclass(frozen=True)
class Decoded:
    """A row after reading: either ``event`` or ``faults``. ``place`` is what could be read of it,
    so that faults of the place are reported together with the others."""

    event: NewEvent | None
    faults: tuple[Fault, ...]
    place: Place


def decode(row: Any, *, now: datetime, skew: timedelta) -> Decoded:
    """Read one row. Times later than ``now`` by more than ``skew`` are refused: the clock of a
    sending system may run ahead a little, but a service of tomorrow has not been given."""
    if not isinstance(row, dict):
        return _refused([Fault(ROW, _("Must be an object."))])
    if isinstance(row, Repeating):
        return _refused([Fault(field_name(row.key), _("This field is given twice."))])
    values: dict[str, Any] = {}
    faults = [
        Fault(field_name(name), _("There is no such field."))
        for name in row
        if name not in KNOWN_NAMES
    ]
    for entry in FIELDS:
        try:
            value = _read(entry, row)
        except Wrong as wrong:
            faults.append(Fault(_given_name(entry, row), str(wrong)))
            values.setdefault(entry.ours, None)
            continue
        if value is not None:
            values[entry.ours] = value
    faults += _contradictions(values, latest=now + skew)
    place = Place(values.get("uscc") or "", values.get("jurisdiction") or "")
    if faults:
        return Decoded(None, tuple(faults), place)
    return Decoded(_event(values), (), place)


def in_their_words(faults: tuple[Fault, ...]) -> tuple[Fault, ...]:
    """``faults`` of our names under the names that the sending system uses."""
    return tuple(Fault(_NAME_OF.get(fault.field, fault.field), fault.reason) for fault in faults)


def json_schema() -> dict[str, Any]:
    """What a row looks like in JSON (for the OpenAPI document): every name it may carry."""
    properties = {
        name: {
            **_may_be_absent(entry),
            "description": entry.about + ("" if name == entry.name else f"; same as {entry.name}"),
        }
        for entry in FIELDS
        for name in entry.names
    }
    return {
        "type": "object",
        "properties": properties,
        "required": [e.name for e in FIELDS if e.required and len(e.names) == 1],
        "allOf": [
            {"anyOf": [{"required": [name]} for name in e.names]}
            for e in FIELDS
            if e.required and len(e.names) > 1
        ],
    }


def _may_be_absent(entry: Field) -> dict[str, Any]:
    """The schema of a field's value; null where the field need not be there under this name."""
    if entry.required and len(entry.names) == 1:
        return dict(entry.read.schema)
    return {"anyOf": [dict(entry.read.schema), {"type": "null"}]}


def _read(entry: Field, row: Mapping[str, Any]) -> Any:
    given = [value for name in entry.names if not _absent(value := row.get(name))]
    if not given:
        if entry.required:
            raise Wrong(_("Is required."))
        return None
    values = [entry.read(value) for value in given]
    if len(values) > 1 and any(value != values[0] for value in values):
        raise Wrong(_("Comes under two names with different values."))
    if entry.required and values[0] == "":
        raise Wrong(_("Is required."))
    return values[0]


def _absent(value: Any) -> bool:
    return value is None or value == ""


def _given_name(entry: Field, row: Mapping[str, Any]) -> str:
    return next((name for name in entry.names if not _absent(row.get(name))), entry.name)


def _contradictions(values: Mapping[str, Any], *, latest: datetime) -> list[Fault]:
    """What no single field shows. A field that could not be read is None and passes here."""
    faults = []
    for ours in ("accepted_on", "finished_on", "occurred_at"):
        moment = values.get(ours)
        if moment is not None and moment > latest:
            faults.append(Fault(_NAME_OF[ours], _("Lies in the future. Check the clock.")))
    status = values.get("status")
    if status in {"2", "3"} and "accepted_on" not in values:
        faults.append(Fault("acceptDate", _("Is required with proStatus 2 and 3.")))
    if status == "3" and "finished_on" not in values:
        faults.append(Fault("resultDate", _("Is required with proStatus 3.")))
    if status == "1" and not {"occurred_at", "finished_on", "accepted_on"} & values.keys():
        faults.append(Fault("serviceTime", _("Is required as long as there is no acceptDate.")))
    item, handling = values.get("item_code"), values.get("handling_item")
    if item and handling and item != handling:
        faults.append(Fault("taskHandleItem", _("Must begin with the 31 characters of taskCode.")))
    return faults


def _event(values: dict[str, Any]) -> NewEvent:
    told = (values.pop("occurred_at", None), values.get("finished_on"), values.get("accepted_on"))
    channel = values.pop("channel", None)
    on_site = bool(values.get("hall_name") or values.get("counter_number"))
    manager, clerks = values.pop("manager", ""), values.pop("clerks", ())
    if not clerks and manager:
        clerks = ({"login": "", "name": manager},)
    values.pop("handling_item", None)
    return NewEvent(
        status=int(values.pop("status")),
        occurred_at=next(moment for moment in told if moment),
        online=channel == "1" if channel else not on_site,
        clerks=clerks,
        agent=_agent(values),
        **{name: value for name, value in values.items() if name},
    )


def _agent(values: dict[str, Any]) -> str:
    """The agent as one text, to be sealed; empty when there is none."""
    parts = {
        "name": values.pop("agent_name", ""),
        "identity_kind": values.pop("agent_kind", ""),
        "identity": values.pop("agent_identity", ""),
    }
    return json.dumps(parts, ensure_ascii=False) if any(parts.values()) else ""


def _refused(faults: list[Fault]) -> Decoded:
    return Decoded(None, tuple(faults), Place("", ""))


class OurName(str):
    """A name that was not sent but made here, such as that of a column without one."""

    __slots__ = ()


def field_name(name: Any) -> str:
    """A field name from outside, if it looks like one: what does not may be somebody's data that
    slipped into its place, and refusals never repeat data."""
    if isinstance(name, OurName) or name == ROW or _NAME.fullmatch(str(name)):
        return str(name)
    return UNKNOWN
