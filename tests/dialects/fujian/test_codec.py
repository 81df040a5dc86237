"""Fujian: XML under SM4, pushed or in SOAP."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huiyin.dialects import encodings
from huiyin.dialects.errors import Code, Refused
from huiyin.dialects.fujian import codec, reply
from huiyin.dialects.keys import Secrets
from huiyin.dialects.structs import Became, Call, Told, row_of
from tests.dialects.rows import EVENTS, RARE_NAMES
from tests.dialects.test_xml import BOMBS

pytestmark = pytest.mark.once
SECRETS = Secrets(word="a1b2c3d4e5f60718")
STORED = Told(became=Became.STORED, text="已收下", service="0" * 32)


def _read(call: Call, secrets: Secrets = SECRETS) -> list[dict[str, str]]:
    message = codec.message(codec.envelope(call), secrets)
    assert all(entry.event and not entry.unknown for entry in message.entries)
    return [row_of(entry.event) for entry in message.entries if entry.event]


def _pushed(document: bytes, secrets: Secrets = SECRETS) -> Call:
    return Call(body=codec.seal(document, secrets.word).encode(), content_type="text/plain")


def test_the_cipher_is_sm4_with_the_key_that_the_md5_makes() -> None:
    # openssl enc -sm4-ecb -nopad -K hex(first 16 characters of md5("abc"))
    assert codec.key_of("abc") == b"900150983cd24fb0"
    assert codec.key_of("abc", upper=True) == b"900150983CD24FB0"
    assert encodings.from_base64(codec.seal(b"<a/>", "abc")).hex() == SEALED


SEALED = "6c3b231d978a59d21850d647b2f1e2ff"


@pytest.mark.parametrize("upper", [False, True], ids=["lower", "upper"])
def test_the_md5_may_be_written_in_capitals(upper: bool) -> None:
    assert codec.unseal(codec.seal(b"<a/>", "abc", upper=upper), "abc") == b"<a/>"


@given(st.lists(EVENTS, min_size=1, max_size=3), st.sampled_from(["", "saveEvaluate"]))
def test_what_a_client_writes_is_read_as_it_was(
    events: list[dict[str, str]], operation: str
) -> None:
    call = codec.request(events, app_mark="fz-1", secrets=SECRETS, operation=operation)
    assert codec.envelope(call).app_mark == "fz-1"
    assert _read(call) == events


@given(st.binary(), st.sampled_from(["", "text/xml", "application/json", "text/plain"]))
def test_any_bytes_are_a_message_or_a_named_error(body: bytes, content_type: str) -> None:
    with suppress(Refused):
        codec.message(codec.envelope(Call(body=body, content_type=content_type)), SECRETS)


@given(st.binary().filter(lambda plain: not plain.endswith(b"\0")))
def test_whatever_was_encrypted_is_a_message_or_a_named_error(plain: bytes) -> None:
    with suppress(Refused):
        codec.message(codec.envelope(_pushed(plain)), SECRETS)


@given(st.binary(min_size=1))
def test_what_was_sealed_is_unsealed_or_was_no_document(plain: bytes) -> None:
    document = b"<a>" + plain + b"</a>"
    assert codec.unseal(codec.seal(document, "abc"), "abc") == document


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_bombs_do_not_go_off_within_the_cipher_nor_around_it(bomb: str) -> None:
    for call in (_pushed(bomb.encode()), Call(body=bomb.encode())):
        with pytest.raises(Refused) as problem:
            codec.message(codec.envelope(call), SECRETS)
        assert (problem.value.code, problem.value.about) == (Code.UNREADABLE, "doctype")


def test_another_app_code_is_not_authentic() -> None:
    call = codec.request([{"projectNo": "1"}], app_mark="fz-1", secrets=SECRETS)
    with pytest.raises(Refused) as problem:
        codec.message(codec.envelope(call), Secrets(word="another"))
    assert problem.value.code is Code.NOT_AUTHENTIC


def test_a_document_that_is_not_encrypted_is_refused() -> None:
    with pytest.raises(Refused) as problem:
        codec.envelope(Call(body=b"<evaluate><projectNo>1</projectNo></evaluate>"))
    assert problem.value.code is Code.UNREADABLE


def test_a_block_that_was_cut_off_is_refused() -> None:
    sealed = codec.seal(b"<a><projectNo>12345678901234567890</projectNo></a>", SECRETS.word)
    short = encodings.to_base64(encodings.from_base64(sealed)[:-16])
    with pytest.raises(Refused):
        codec.message(codec.envelope(Call(body=short.encode())), SECRETS)


@pytest.mark.parametrize("name", RARE_NAMES)
@pytest.mark.parametrize("encoding", ["UTF-8", "GBK"])
def test_rare_names_arrive_whole(name: str, encoding: str) -> None:
    said = f'<?xml version="1.0" encoding="{encoding}"?><a><projectNo>1</projectNo>'
    said += f"<userName>{name}</userName></a>"
    written = said.encode("gb18030" if encoding == "GBK" else "utf-8")
    assert _read(_pushed(written)) == [{"projectNo": "1", "userName": name}]


def test_fields_around_the_records_are_for_each_of_them() -> None:
    said = (
        b"<a><head><areaCode>350128</areaCode></head><list><r><projectNo>1</projectNo></r>"
        b"<r><projectNo>2</projectNo><areaCode>350100</areaCode></r></list></a>"
    )
    assert [(row["projectNo"], row["areaCode"]) for row in _read(_pushed(said))] == [
        ("1", "350128"),
        ("2", "350100"),
    ]


def test_clerks_may_be_elements() -> None:
    said = (
        b"<a><projectNo>1</projectNo><evaluatedPersonInfo><p><loginName>x</loginName>"
        b"<name>y</name></p></evaluatedPersonInfo></a>"
    )
    [row] = _read(_pushed(said))
    assert row["evaluatedPersonInfo"] == '[{"loginName": "x", "name": "y"}]'


def test_a_field_that_says_two_things_is_refused() -> None:
    said = b"<a><projectNo>1</projectNo><mobile>1</mobile><mobile>2</mobile></a>"
    with pytest.raises(Refused) as problem:
        codec.message(codec.envelope(_pushed(said)), SECRETS)
    assert (problem.value.code, problem.value.field) == (Code.FIELD_INVALID, "mobile")


def test_unknown_fields_are_handed_on() -> None:
    said = b"<a><projectNo>1</projectNo><weather>fine</weather></a>"
    message = codec.message(codec.envelope(_pushed(said)), SECRETS)
    assert message.entries[0].unknown == {"weather": '"fine"'}


@pytest.mark.parametrize("in_json", [False, True])
@pytest.mark.parametrize("operation", ["", "saveEvaluate"])
def test_the_answer_says_200_and_the_key_of_the_evaluation(operation: str, in_json: bool) -> None:
    call = codec.request([{"projectNo": "1"}], app_mark="x", secrets=SECRETS, operation=operation)
    answer = reply.reply([STORED], "成功 <&>", envelope=codec.envelope(call), in_json=in_json)
    assert (b"saveEvaluateResponse" in answer.body) == bool(operation)
    assert reply.read(answer.body) == {
        "code": "200",
        "message": "成功 <&>",
        "evaluateUnid": "0" * 32,
    }


@pytest.mark.parametrize(
    ("code", "expected"),
    [(Code.FIELD_MISSING, "0"), (Code.MUST_NOT_REPEAT, "409"), (Code.EVENT_UNKNOWN, "404")],
)
def test_what_was_refused_is_no_success(code: Code, expected: str) -> None:
    told = Told(became=Became.REFUSED, code=code, text="不能重复")
    answer = reply.read(reply.reply([STORED, told], "").body)
    assert (answer["code"], answer["message"]) == (expected, "不能重复")
