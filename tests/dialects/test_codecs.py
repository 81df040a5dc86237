"""The codecs of national, Shandong and Beijing: any bytes are a request or a named refusal, and
what is written is read back exactly."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import msgspec
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from huiyin.dialects import codes, fields, forms, keys, signing, sm2, traits
from huiyin.dialects.beijing import codec as beijing
from huiyin.dialects.errors import Code, Refused
from huiyin.dialects.national import codec as national
from huiyin.dialects.shandong import codec as shandong
from huiyin.dialects.structs import (
    Call,
    Entry,
    PushedEvent,
    PushedReview,
    row_of,
)
from huiyin.intake.imports import columns

pytestmark = pytest.mark.once
SECRETS = keys.made(traits.NATIONAL)
MARK, TIME = "hcp", "20240304101500"
FORM = "application/x-www-form-urlencoded"
DIALECTS = {"national": national, "shandong": shandong, "beijing": beijing}

# Whatever a system may write in a field, four-byte characters of GB18030 included.
words = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp")) | st.sampled_from("𠮷𡈽㐂龘"),
    min_size=1,
    max_size=30,
)


def event_of(row: dict[str, str]) -> PushedEvent:
    return msgspec.convert(row, PushedEvent)


names = st.sampled_from(
    [one.encode_name for one in msgspec.structs.fields(PushedEvent) if one.name != "area_code"]
)
events = st.dictionaries(names, words, min_size=1).map(
    lambda row: event_of(
        row
        | {"userProp": "1", "serviceNumber": "7", "taskType": "20"}
        | ({} if "projectType" not in row else {"projectType": "1"})
    )
)


def sent(name: str, rows: list[dict[str, Any]]) -> Call:
    codec: Any = DIALECTS[name]
    request = codec.request(rows, app_mark=MARK, time=TIME, secrets=SECRETS)
    if isinstance(request, dict):
        return Call(fields=request)
    return Call(body=request, content_type=FORM if name == "beijing" else "application/json")


def received(name: str, call: Call) -> tuple[Entry, ...]:
    codec: Any = DIALECTS[name]
    return tuple(codec.message(codec.envelope(call), SECRETS).entries)


@pytest.mark.parametrize("name", DIALECTS)
@settings(max_examples=25, deadline=None)
@given(some=st.lists(events, min_size=1, max_size=3))
def test_events_are_read_back_exactly(name: str, some: list[PushedEvent]) -> None:
    found = received(name, sent(name, [row_of(one) for one in some]))

    assert [one.event for one in found] == some
    assert not any(one.unknown for one in found)


@pytest.mark.parametrize("name", DIALECTS)
@settings(max_examples=25, deadline=None)
@given(
    text=words,
    level=st.integers(1, 5),
    unknown=st.dictionaries(
        words, st.recursive(st.none() | words | st.integers(), st.lists, max_leaves=4)
    ),
)
def test_reviews_are_read_back_and_nothing_unknown_is_dropped(
    name: str, text: str, level: int, unknown: dict[str, Any]
) -> None:
    row = {"projectNo": "1", "satisfaction": level, "pf": "2", "writingEvaluation": text}
    known = {one.encode_name for one in msgspec.structs.fields(PushedReview)}
    assume(not unknown.keys() & (known | set(fields.SPELLINGS)))
    [found] = received(name, sent(name, [row | unknown]))

    assert found.review
    assert found.review.writing_evaluation == text
    assert found.review.satisfaction == str(level)
    assert {key: json.loads(value) for key, value in found.unknown.items()} == unknown


@pytest.mark.parametrize("name", DIALECTS)
@settings(max_examples=300, deadline=None)
@given(
    body=st.binary(max_size=400)
    | st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        *("appMark", "time", "sign", "params", "evaluate", "data", "txnBodyCom"),
                        *("projectService", "params.evaluate[]", "x"),
                    ]
                ),
                inner,
                max_size=5,
            )
        ),
        max_leaves=12,
    ).map(lambda value: json.dumps(value).encode()),
    kind=st.sampled_from(["", FORM, "application/json", FORM + "; charset=GBK", "a; charset=x"]),
)
@example(body=b"[" * 100_000, kind="application/json")
@example(body=b"&" * 1000 + b"=" * 1000, kind=FORM)
@example(body=b'{"appMark":"a","appMark":"b"}', kind="application/json")
def test_any_bytes_are_a_request_or_a_named_refusal(name: str, body: bytes, kind: str) -> None:
    codec: Any = DIALECTS[name]
    # Nobody without the keys can write a request.
    with pytest.raises(Refused) as refusal:
        codec.message(codec.envelope(Call(body=body, content_type=kind)), SECRETS)
    assert refusal.value.code in Code


@pytest.mark.parametrize("name", DIALECTS)
@settings(max_examples=150, deadline=None)
@given(
    plain=st.binary(min_size=1, max_size=200)
    | st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["satisfaction", "pf", "projectNo", "areaCode", "userProp", "x"]),
                inner,
                max_size=5,
            )
        ),
        max_leaves=12,
    ).map(lambda value: json.dumps(value).encode())
)
def test_any_plain_text_of_a_client_is_entries_or_a_named_refusal(name: str, plain: bytes) -> None:
    sign = signing.text_for_sign(time=TIME, app_mark=MARK, word=SECRETS.word)
    outer = {
        "appMark": MARK,
        "time": TIME,
        "sign": national.sealed(sign, SECRETS),
        "params": {"data": [sm2.encrypt(plain, SECRETS.key()).hex()]},
    }
    if name == "national":
        outer["params"] = {"evaluate": outer["params"]["data"]}  # type: ignore[index]
    call = Call(body=json.dumps(outer).encode(), content_type="application/json")
    with contextlib.suppress(Refused):
        entries = received(name, call)
        assert all(bool(one.event) + bool(one.review) + bool(one.code) == 1 for one in entries)


@pytest.mark.parametrize(
    ("given_code", "in_force"),
    [
        ("330103", "330105"),
        ("370882000000", "370812000000"),
        ("330106", "330106"),
        ("330106001000", "330106001000"),
        ("nonsense", "nonsense"),
    ],
)
def test_an_abolished_division_is_that_which_took_its_place(given_code: str, in_force: str) -> None:
    assert codes.area_in_force(given_code) == in_force


@pytest.mark.parametrize("given_code", ["330104", "330104000000", "330183001000"])
def test_where_it_is_not_clear_which_one_the_sender_is_told(given_code: str) -> None:
    with pytest.raises(Refused) as refusal:
        codes.area_in_force(given_code)
    assert refusal.value.code is Code.AREA_ABOLISHED
    assert refusal.value.about.startswith("33")


def test_what_was_sent_for_an_abolished_division_is_kept() -> None:
    entry = fields.entry_of({"areaCode": "330103000000"}, traits.NATIONAL)

    assert entry.event
    assert entry.event.area_code == "330105000000"
    assert entry.unknown == {"areaCode": '"330103000000"'}


def test_the_traps_of_each_dialect_are_read_as_declared() -> None:
    event = {"projectType": "1", "userProp": "2", "proStatus": "3"}
    review = {"projectNo": "1", "satisfaction": "5", "pf": "7", "assessNumber": "2"}

    def read(row: dict[str, Any], of: traits.Traits) -> Entry:
        return fields.entry_of(row, of)

    assert read(event, traits.NATIONAL).event.project_type == "1"  # type: ignore[union-attr]
    assert read(event, traits.ZHEJIANG).event.project_type == "2"  # type: ignore[union-attr]
    assert read(event | {"userProp": "3"}, traits.ZHEJIANG).code is Code.FIELD_INVALID
    assert read(event, traits.SHANDONG).event.service_number == "3"  # type: ignore[union-attr]
    assert read(review, traits.NATIONAL).review.pf == "sms"  # type: ignore[union-attr]
    assert read(review, traits.NATIONAL).review.ordinal == "2"  # type: ignore[union-attr]
    assert read(review, traits.ZHEJIANG).review.pf == codes.NOBODY  # type: ignore[union-attr]
    assert read(review | {"pf": "8"}, traits.NATIONAL).code is Code.FIELD_INVALID
    assert read(review | {"pf": "8"}, traits.SHANDONG).review.pf == "mobile"  # type: ignore[union-attr]
    assert read(review, traits.SHANDONG).review.service_number == "2"  # type: ignore[union-attr]
    reverse = msgspec.structs.replace(traits.NATIONAL, best_level=1)
    assert read(review, reverse).review.satisfaction == "1"  # type: ignore[union-attr]


@pytest.mark.parametrize("given_level", ["0", "6", "", "5.0", "五", "１"])
def test_a_level_is_one_of_five(given_level: str) -> None:
    with pytest.raises(Refused):
        codes.level(given_level, best=5)


def test_the_channels_are_those_that_imports_know() -> None:
    for name, table in columns.PF.items():
        assert {key: str(value) for key, value in table.items()} == dict(traits.BY_NAME[name].pf)


def test_two_spellings_must_say_the_same() -> None:
    same = fields.entry_of({"certKey": "1", "certkeyGOV": "1"}, traits.SHANDONG)
    assert same.event
    assert same.event.cert_key == "1"
    other = fields.entry_of({"certKey": "1", "certkeyGOV": "2"}, traits.SHANDONG)
    assert (other.code, other.field) == (Code.FIELD_INVALID, "certkeyGOV")


@pytest.mark.parametrize("encoding", ["gb18030", "gbk"])
def test_gb18030_is_read_where_it_is_declared(encoding: str) -> None:
    text = "𠮷野家" if encoding == "gb18030" else "张三"
    body = b"userName=" + text.encode(encoding)
    assert forms.form_of(body, f"{FORM}; charset={encoding}") == {"userName": text}
    with pytest.raises(Refused) as refusal:
        forms.form_of(body, FORM)
    assert refusal.value.code is Code.WRONG_ENCODING


def test_a_plus_sign_of_an_unencoded_form_is_one() -> None:
    assert forms.form_of(b'params={"data":"a+b"}&x=1%202') == {
        "params": '{"data":"a+b"}',
        "x": "1 2",
    }
