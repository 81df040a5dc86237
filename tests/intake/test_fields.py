"""Decoding one row: every field, every fault, and anything at all as input."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from huiyin.directory import codes
from huiyin.intake.events import fields
from huiyin.intake.events.fields import FIELDS, decode, json_schema
from huiyin.kernel.clock import LOCAL
from huiyin.reviews.events import Fault, NewEvent

NOW = datetime(2024, 3, 4, 10, tzinfo=LOCAL)
SKEW = timedelta(minutes=20)
_BODY = "11330106XXXX0001" + codes.organisation_code_check_character("XXXX0001")
USCC = _BODY + codes.uscc_check_character(_BODY)
ITEM = USCC + "2000000000001"


def row(**changes: Any) -> dict[str, Any]:
    full = {
        "areaCode": "330106",
        "deptCode": USCC,
        "orgcode": f"330106000000_{USCC}",
        "orgName": "西湖区人力资源和社会保障局",
        "taskType": "20",
        "taskCode": ITEM,
        "taskName": "社会保障卡申领",
        "projectNo": "3301062403040001",
        "proStatus": "3",
        "acceptDate": "2024-03-04 09:00:00",
        "resultDate": "2024-03-04 09:30:00",
        "serviceNumber": 1,
        "userProp": "1",
        "userName": "张三丰",
        "userPageType": "111",
        "certKey": "330106199001011234",
        "mobile": "13800001234",
    } | changes
    return {name: value for name, value in full.items() if value is not ...}


def event(**changes: Any) -> NewEvent:
    decoded = decode(row(**changes), now=NOW, skew=SKEW)
    assert decoded.event, decoded.faults
    return decoded.event


def faults(**changes: Any) -> dict[str, str]:
    decoded = decode(row(**changes), now=NOW, skew=SKEW)
    assert decoded.event is None
    return {fault.field: fault.reason for fault in decoded.faults}


def test_a_row_becomes_an_event_in_our_own_words() -> None:
    assert event() == NewEvent(
        uscc=USCC,
        jurisdiction="330106000000",
        project_no="3301062403040001",
        task_type="20",
        item_code=ITEM,
        item_name="社会保障卡申领",
        status=3,
        service_number=1,
        occurred_at=datetime(2024, 3, 4, 9, 30, tzinfo=LOCAL),
        accepted_on=datetime(2024, 3, 4, 9, 0, tzinfo=LOCAL),
        finished_on=datetime(2024, 3, 4, 9, 30, tzinfo=LOCAL),
        online=True,
        applicant_kind="1",
        name="张三丰",
        identity_kind="111",
        identity="330106199001011234",
        mobile="13800001234",
    )


@pytest.mark.parametrize(
    "name", [entry.name for entry in FIELDS if entry.required] + ["acceptDate", "resultDate"]
)
@pytest.mark.parametrize("nothing", [..., None, "", "   "])
def test_a_required_field_that_is_missing_or_empty_is_named(name: str, nothing: Any) -> None:
    assert name in faults(**{name: nothing})


def test_all_faults_of_a_row_are_told_at_once() -> None:
    told = faults(areaCode="33", deptCode="x", mobile="1380000", userProp="7", foo="bar")

    assert set(told) == {"areaCode", "deptCode", "mobile", "userProp", "foo"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("areaCode", "3301"),
        ("areaCode", "３３０１０６"),
        ("areaCode", ["330106"]),
        ("deptCode", USCC[:-1] + ("1" if USCC[-1] != "1" else "2")),
        ("orgcode", f"330106_{USCC}"),
        ("orgcode", f"330106000000-{USCC}"),
        ("taskType", "licence"),
        ("taskCode", ITEM[:-1]),
        ("taskCode", ITEM + "0"),
        ("taskHandleItem", ITEM),
        ("taskHandleItem", "0" * 33),
        ("projectNo", "x" * 51),
        ("projectNo", 12345),
        ("projectNo", "12\x00"),
        ("projectNo", "12\n34"),
        ("projectNo", "12\ud800"),
        ("taskName", {"a": 1}),
        ("projectType", "3"),
        ("promiseDay", "-1"),
        ("promiseDay", "soon"),
        ("anticipateType", "4"),
        ("proStatus", "4"),
        ("proStatus", True),
        ("proChannel", "0"),
        ("acceptDate", "2024-02-30"),
        ("acceptDate", "2024-13-01 00:00:00"),
        ("acceptDate", "04.03.2024"),
        ("acceptDate", "20240304"),
        ("acceptDate", 45355.5),
        ("resultDate", "0001-01-01"),
        ("serviceTime", "2024-03-04 10:20:01"),
        ("serviceNumber", "0"),
        ("serviceNumber", "1000"),
        ("serviceNumber", 1.5),
        ("serviceNumber", "１"),
        ("userProp", "8"),
        ("userPageType", "112"),
        ("certKey", 330106199001011234.0),
        ("mobile", "0571-88888888"),
        ("mobile", "1380000123"),
        ("evaluatedPersonInfo", "nobody"),
        ("evaluatedPersonInfo", '[{"name": "a", "name": "b"}]'),
        ("evaluatedPersonInfo", [{"phone": "13800001234"}]),
        ("evaluatedPersonInfo", [{}] * 21),
        ("invite", "perhaps"),
    ],
)
def test_a_value_that_cannot_be_taken_is_refused_under_its_name(name: str, value: Any) -> None:
    told = faults(**{name: value})

    assert set(told) == {name}
    # Values may be personal: the reason never repeats one.
    assert str(value) not in told[name]


@pytest.mark.parametrize(
    "text",
    [
        "2024-03-04T09:15:00+08:00",
        "2024-03-04T01:15:00Z",
        "2024-03-04T09:15:00.000+0800",
        "2024-03-04 09:15:00",
        "2024-03-04 09:15",
        "2024/3/4 9:15:00",
        "20240304091500",
        datetime(2024, 3, 4, 9, 15),  # noqa: DTZ001 - a spreadsheet's date cell
    ],
)
def test_times_of_existing_systems_are_understood_as_local(text: Any) -> None:
    assert event(serviceTime=text).occurred_at == datetime(2024, 3, 4, 1, 15, tzinfo=UTC)


def test_a_clock_that_runs_ahead_a_little_is_tolerated() -> None:
    assert event(serviceTime="2024-03-04 10:20:00")
    assert set(faults(serviceTime="2024-03-04 10:20:01")) == {"serviceTime"}


@pytest.mark.parametrize(
    ("given_type", "kept"),
    [("01", "01"), (1, "01"), ("5", "05"), ("11", "20"), ("20", "20"), ("02", "99"), (10, "10")],
)
def test_kinds_of_item_are_mapped_as_the_national_platform_maps_them(
    given_type: Any, kept: str
) -> None:
    assert event(taskType=given_type).task_type == kept


def test_codes_may_come_as_numbers_and_numbers_as_text() -> None:
    told = event(
        areaCode=330106000000,
        proStatus=3,
        serviceNumber="2",
        userProp=1,
        userPageType=1,
        mobile=13800001234,
    )

    assert (told.jurisdiction, told.status, told.service_number) == ("330106000000", 3, 2)
    assert told.identity_kind == "001"


def test_the_first_31_of_33_characters_are_the_item() -> None:
    assert event(taskCode=ITEM.lower(), taskHandleItem=ITEM + "01").item_code == ITEM
    assert event(taskCode=ITEM + "01").item_code == ITEM


def test_all_spellings_of_a_name_are_known_and_must_agree() -> None:
    assert event(certKey=..., certkeyGOV="abc").identity == "abc"
    assert event(orgName=..., proDepart="西湖区人社局")
    assert event(nodeName="办结").node_name == "办结"
    assert set(faults(certKeyGOV="another")) == {"certKey"}


def test_a_counter_or_hall_means_offline_unless_the_channel_is_told() -> None:
    assert not event(hallName="政务服务中心").online
    assert event(hallName="政务服务中心", proChannel="1").online
    assert not event(proChannel="2").online


def test_clerks_come_as_a_list_as_text_or_as_one_name() -> None:
    clerk = {"loginName": "li", "name": "李经办"}

    assert event(evaluatedPersonInfo=[clerk]).clerks == ({"login": "li", "name": "李经办"},)
    assert event(evaluatedPersonInfo=json.dumps([clerk])).clerks[0]["name"] == "李经办"
    assert event(proManager="李经办").clerks == ({"login": "", "name": "李经办"},)


def test_a_case_that_waits_for_acceptance_needs_the_time_of_the_service() -> None:
    waiting = {"proStatus": "1", "acceptDate": ..., "resultDate": ...}

    assert set(faults(**waiting)) == {"serviceTime"}
    assert event(**waiting, serviceTime="2024-03-04 09:00:00").status == 1


def test_a_case_number_with_sql_or_html_is_only_text() -> None:
    assert event(projectNo="1'; DROP TABLE x;--").project_no == "1'; DROP TABLE x;--"
    assert event(projectNo="<script>alert(1)</script>").project_no.startswith("<script>")


@pytest.mark.parametrize("thing", [None, 1, "row", ["row"], True, 1.5])
def test_what_is_not_an_object_is_refused_as_a_row(thing: Any) -> None:
    assert [fault.field for fault in decode(thing, now=NOW, skew=SKEW).faults] == [fields.ROW]


_scalars = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=60) | st.datetimes()
)
_values = st.recursive(
    _scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["loginName", "name", "x"]), inner, max_size=3)
    ),
    max_leaves=5,
)
_names = st.sampled_from(sorted(fields.KNOWN_NAMES)) | st.text(max_size=70)


@given(st.dictionaries(_names, _values, max_size=12), st.booleans())
def test_any_object_gives_an_event_or_named_refusals(changes: dict[str, Any], full: bool) -> None:
    decoded = decode((row() if full else {}) | changes, now=NOW, skew=SKEW)

    assert (decoded.event is None) == bool(decoded.faults)
    assert all(fault.field and fault.reason for fault in decoded.faults)
    assert len({fault.field for fault in decoded.faults}) <= len(changes) + len(FIELDS)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("promiseDay", 5.5, "Must be a whole number from 0 to 9999."),
        ("promiseDay", [], "Must be a whole number from 0 to 9999."),
        ("invite", {}, "Must be true or false."),
        ("proStatus", 2.5, "Must be one of 1, 2, 3."),
        ("areaCode", {"a": 1}, "Must be a division code of 6 or 12 digits."),
        ("areaCode", "٣٣٠١٠٦", "Must be a division code of 6 or 12 digits."),
        ("mobile", 1.38e10, "Must be a mainland mobile number of 11 digits."),
        ("serviceTime", 20240304.0, "Must be a time such as 2024-03-04 10:15:00."),
        ("taskName", "a\u202eb", "Contains characters that turn the direction of writing."),
        ("taskName", "\u200b", "Is required."),
        ("userName", "\u3164", "Is required."),
    ],
)
def test_a_reason_says_what_the_field_expects(name: str, value: Any, reason: str) -> None:
    with translation.override("en"):
        found = decode(row(**{name: value}), now=NOW, skew=SKEW)
    assert Fault(name, reason) in found.faults


@pytest.mark.parametrize("name", ["13800001234", "张三", "a b", "x" * 41, "", "a\x00"])
def test_a_name_that_looks_like_none_is_not_repeated(name: str) -> None:
    found = decode(row(**{name: 1}), now=NOW, skew=SKEW)
    assert [fault.field for fault in found.faults] == ["(unknown field)"]


def test_the_schema_of_a_row_takes_what_is_taken_and_refuses_what_is_not() -> None:
    schema = Draft202012Validator(json_schema())
    assert schema.is_valid(row())
    for name, value in (
        ("proStatus", "4"),
        ("serviceNumber", 0),
        ("mobile", "123"),
        ("deptCode", "x"),
        ("taskName", "x" * 201),
        ("userName", None),
    ):
        assert not schema.is_valid(row(**{name: value})), name
    for name, value in (
        ("proStatus", 2),
        ("hallName", None),
        ("promiseDay", "5"),
        ("invite", "是"),
    ):
        assert schema.is_valid(row(**{name: value})), name
