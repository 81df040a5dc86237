"""Pingtan: JSON, with ``success`` and ``evaluateUnid`` in the answer."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huiyin.dialects.errors import Code, Refused
from huiyin.dialects.keys import Secrets
from huiyin.dialects.pingtan import codec, reply
from huiyin.dialects.structs import Became, Call, Told, row_of
from huiyin.dialects.zhejiang.codec import basic
from tests.dialects.rows import EVENTS, RARE_NAMES

pytestmark = pytest.mark.once
SECRETS = Secrets(word="0f1e2d3c")


def _read(call: Call) -> list[dict[str, str]]:
    message = codec.message(codec.envelope(call), SECRETS)
    return [row_of(entry.event) for entry in message.entries if entry.event]


def _call(body: bytes, **more: Any) -> Call:
    return Call(body=body, authorization=basic("pt-1", SECRETS.word), **more)


@given(st.lists(EVENTS, min_size=1, max_size=3), st.booleans())
def test_what_a_client_writes_is_read_as_it_was(
    events: list[dict[str, str]], in_address: bool
) -> None:
    call = codec.request(events, app_mark="pt-1", secrets=SECRETS, in_address=in_address)
    assert codec.envelope(call).app_mark == "pt-1"
    assert _read(call) == events


@given(st.binary(), st.binary(), st.sampled_from(["", basic("a", SECRETS.word), "Basic x"]))
def test_any_bytes_are_a_message_or_a_named_error(body: bytes, query: bytes, header: str) -> None:
    with suppress(Refused):
        codec.message(codec.envelope(Call(body=body, query=query, authorization=header)), SECRETS)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.just("params"), inner),
)


@given(_JSON)
def test_any_json_is_a_message_or_a_named_error(said: Any) -> None:
    with suppress(Refused):
        codec.message(codec.envelope(_call(json.dumps(said).encode())), SECRETS)


@pytest.mark.parametrize("wrapper", ["params", "data"])
def test_entries_may_be_wrapped(wrapper: str) -> None:
    said = {wrapper: [{"projectNo": "1"}, {"projectNo": "2"}], "sysNo": "x"}
    call = _call(json.dumps(said).encode())
    assert _read(call) == [{"projectNo": "1"}, {"projectNo": "2"}]
    assert codec.envelope(call).unknown == {"sysNo": '"x"'}


@pytest.mark.parametrize("name", RARE_NAMES)
def test_rare_names_arrive_whole(name: str) -> None:
    said = {"projectNo": "1", "userName": name}
    for body in (json.dumps(said), json.dumps(said, ensure_ascii=False)):
        assert _read(_call(body.encode())) == [said]


def test_half_a_character_is_refused() -> None:
    with pytest.raises(Refused) as problem:
        codec.envelope(_call(b'{"projectNo": "1", "userName": "\\ud842"}'))
    assert problem.value.code is Code.UNREADABLE


def test_who_brings_no_word_is_nobody() -> None:
    for call in (
        Call(body=b"{}"),
        Call(body=b"{}", query=b"appMark=pt-1"),
        Call(body=b"{}", query=b"key=0f1e2d3c"),
        Call(body=b'{"projectNo": "1"}', query=b"appMark=pt-1&key=wrong"),
    ):
        with pytest.raises(Refused) as problem:
            codec.message(codec.envelope(call), SECRETS)
        assert problem.value.code is Code.NOT_AUTHENTIC


def test_the_answer_says_success_and_the_key_of_the_evaluation() -> None:
    stored = Told(became=Became.STORED, service="a" * 32)
    repeated = Told(became=Became.REPEATED, code=Code.MUST_NOT_REPEAT, text="不能重复")
    assert json.loads(reply.reply([stored], "已收下").body) == {
        "success": True,
        "message": "已收下",
        "evaluateUnid": "a" * 32,
    }
    assert json.loads(reply.reply([repeated], "").body) == {
        "success": False,
        "message": "不能重复",
        "evaluateUnid": "",
    }
