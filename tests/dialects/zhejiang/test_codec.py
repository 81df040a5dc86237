"""Zhejiang (Ningbo): a flat form, and an answer in GB 18030."""

from __future__ import annotations

import json
from contextlib import suppress
from urllib.parse import quote_from_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huiyin.dialects.errors import Code, Refused
from huiyin.dialects.keys import Secrets
from huiyin.dialects.structs import Became, Call, Entry, Told, row_of
from huiyin.dialects.zhejiang import codec, reply
from tests.dialects.rows import EVENTS, RARE_NAMES

pytestmark = pytest.mark.once
SECRETS = Secrets(word="geheim:wort")
FORM = "application/x-www-form-urlencoded"
REVIEW = {"projectNo": "1", "satisfaction": "5", "pf": "1"}


def _entry(call: Call) -> Entry:
    [entry] = codec.message(codec.envelope(call), SECRETS).entries
    return entry


def _said(body: bytes, content_type: str = FORM) -> Entry:
    return _entry(
        Call(
            body=body,
            content_type=content_type,
            authorization=codec.basic("nb-1", SECRETS.word),
        )
    )


def _review(**changes: str) -> Entry:
    return _entry(codec.request({**REVIEW, **changes}, app_mark="nb-1", secrets=SECRETS))


@given(EVENTS)
def test_what_a_client_writes_is_read_as_it_was(event: dict[str, str]) -> None:
    call = codec.request(event, app_mark="nb-1", secrets=SECRETS)
    assert codec.envelope(call).app_mark == "nb-1"
    expected = dict(event)
    if "projectType" in event:
        expected["projectType"] = {"1": "2", "2": "1"}[event["projectType"]]
    found = _entry(call).event
    assert found
    assert row_of(found) == expected


@given(
    st.binary(),
    st.sampled_from([FORM, f"{FORM}; charset=GBK", "text/plain; charset=x", "application/json"]),
    st.sampled_from([codec.basic("a", SECRETS.word), "", "Basic !", "Bearer x"]) | st.text(),
)
def test_any_bytes_are_a_message_or_a_named_error(body: bytes, kind: str, header: str) -> None:
    with suppress(Refused):
        codec.message(
            codec.envelope(Call(body=body, content_type=kind, authorization=header)), SECRETS
        )


@pytest.mark.parametrize("header", ["", "Basic", "Basic !!!", "Basic bm9jb2xvbg==", "Bearer abc"])
def test_who_brings_no_password_is_nobody(header: str) -> None:
    with pytest.raises(Refused) as problem:
        codec.envelope(Call(body=b"projectNo=1", authorization=header))
    assert problem.value.code is Code.NOT_AUTHENTIC


def test_a_wrong_password_is_not_authentic() -> None:
    call = codec.request({"projectNo": "1"}, app_mark="nb-1", secrets=Secrets(word="other"))
    with pytest.raises(Refused) as problem:
        codec.message(codec.envelope(call), SECRETS)
    assert problem.value.code is Code.NOT_AUTHENTIC


@pytest.mark.parametrize("name", RARE_NAMES)
def test_a_form_without_a_charset_is_utf_8_also_where_it_is_not_percent_encoded(name: str) -> None:
    for body in (
        f"projectNo=1&userName={quote_from_bytes(name.encode())}",
        f"projectNo=1&userName={name}",
    ):
        event = _said(body.encode()).event
        assert event
        assert event.user_name == name


def test_gb_18030_that_is_not_declared_is_refused() -> None:
    with pytest.raises(Refused) as problem:
        _said("projectNo=1&userName=张三丰".encode("gb18030"))
    assert problem.value.code is Code.WRONG_ENCODING


def test_gb_18030_that_is_declared_is_read() -> None:
    event = _said("projectNo=1&userName=𠮷田".encode("gb18030"), f"{FORM}; charset=GBK").event
    assert event
    assert event.user_name == "𠮷田"


def test_utf_8_that_is_declared_as_gbk_is_read_as_what_it_is() -> None:
    event = _said("projectNo=1&userName=张三丰".encode(), f"{FORM}; charset=GBK").event
    assert event
    assert event.user_name == "张三丰"


@pytest.mark.parametrize(("pf", "channel"), [("5", "kiosk"), ("6", "sms"), ("7", "nobody")])
def test_6_is_the_text_message_and_7_is_nobody(pf: str, channel: str) -> None:
    review = _review(pf=pf).review
    assert review
    assert review.pf == channel


def test_8_is_no_channel_here() -> None:
    assert (_review(pf="8").code, _review(pf="8").field) == (Code.FIELD_INVALID, "pf")


@pytest.mark.parametrize("prop", ["3", "4", "5", "6", "9", "0", "一"])
def test_applicants_are_persons_or_enterprises(prop: str) -> None:
    entry = _said(f"projectNo=1&userProp={prop}".encode())
    assert (entry.code, entry.field) == (Code.FIELD_INVALID, "userProp")


@pytest.mark.parametrize("name", ["promiseTime", "projectType"])
def test_instant_and_promised_are_the_other_way_round(name: str) -> None:
    event = _said(f"projectNo=1&{name}=1".encode()).event
    assert event
    assert event.project_type == "2"


def test_the_number_of_an_assessment_is_first_or_follow_up() -> None:
    ordinals = [one.review.ordinal for n in "12" if (one := _review(assessNumber=n)).review]
    assert ordinals == ["1", "2"]
    assert _review(assessNumber="3").code is Code.FIELD_INVALID


def test_a_field_that_says_two_things_is_refused() -> None:
    with pytest.raises(Refused) as problem:
        _said(b"projectNo=1&projectNo=2")
    assert problem.value.field == "projectNo"


@pytest.mark.parametrize("text", ["已收下", "𠮷田不能重复", "ok"])
def test_the_answer_is_in_gb_18030(text: str) -> None:
    answer = reply.reply([Told(became=Became.STORED)], text)
    assert "gb18030" in answer.content_type.lower()
    assert json.loads(answer.body.decode("gb18030")) == {"result": "1", "resultmsg": text}


def test_what_success_is_called_is_a_setting() -> None:
    stored, repeated = Told(became=Became.STORED), Told(became=Became.REPEATED, text="不能重复")
    said = [
        json.loads(reply.reply([told], "", success="00").body.decode("gb18030"))
        for told in (stored, repeated)
    ]
    assert said == [
        {"result": "00", "resultmsg": ""},
        {"result": "0", "resultmsg": "不能重复"},
    ]
