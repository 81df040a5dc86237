"""Anhui: the address of the rating page, twice Base64."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huiyin.dialects.anhui import codec
from huiyin.dialects.errors import Code, Refused
from tests.dialects.rows import RARE_NAMES, VALUES

pytestmark = pytest.mark.once
SAID = {
    "evaluateChannel": "PJQ",
    "projNo": "HF20240301000001",
    "serviceCode": "1",
    "regionCode": "340100",
    "source": "hf-1",
    "version": "2",
}


@pytest.mark.parametrize("name", ["", "params", "p"])
def test_the_query_stands_alone_or_under_any_name(name: str) -> None:
    found = codec.wanted(codec.query_of(SAID, name=name))
    assert found == codec.Wanted(
        source="hf-1",
        project_no="HF20240301000001",
        service_code="1",
        area_code="340100",
        channel="counter_device",
    )


@given(st.fixed_dictionaries({name: VALUES.filter(bool) for name in ("projNo", "serviceCode")}))
def test_what_a_client_writes_is_read_as_it_was(changes: dict[str, str]) -> None:
    found = codec.wanted(codec.query_of({**SAID, **changes}, name="x"))
    assert (found.project_no, found.service_code) == (changes["projNo"], changes["serviceCode"])


def test_it_is_read_without_percent_encoding_and_padding() -> None:
    query = codec.query_of(SAID).replace(b"%3D", b"=").replace(b"%2B", b"+").replace(b"%2F", b"/")
    for one in (query, query.rstrip(b"="), b"v=" + query):
        assert codec.wanted(one).project_no == SAID["projNo"]


@pytest.mark.parametrize("name", RARE_NAMES)
def test_what_else_stands_there_is_handed_on(name: str) -> None:
    found = codec.wanted(codec.query_of({**SAID, "userName": name}))
    assert found.unknown == {"userName": f'"{name}"'}


@pytest.mark.parametrize("name", ["projNo", "serviceCode", "regionCode", "source", "version"])
def test_a_missing_parameter_is_named(name: str) -> None:
    said = {key: value for key, value in SAID.items() if key != name}
    with pytest.raises(Refused) as problem:
        codec.wanted(codec.query_of(said))
    assert (problem.value.code, problem.value.field) == (Code.FIELD_MISSING, name)


def test_another_version_is_refused() -> None:
    with pytest.raises(Refused) as problem:
        codec.wanted(codec.query_of({**SAID, "version": "1"}))
    assert (problem.value.code, problem.value.field) == (Code.FIELD_INVALID, "version")


@given(st.binary())
def test_any_bytes_are_wanted_or_a_named_error(query: bytes) -> None:
    with suppress(Refused):
        codec.wanted(query)


@given(st.binary())
def test_whatever_was_encoded_twice_is_wanted_or_a_named_error(said: bytes) -> None:
    from huiyin.dialects.encodings import to_base64

    with suppress(Refused):
        codec.wanted(to_base64(to_base64(said).encode()).encode())


def test_base64_of_garbage_and_an_endless_query_are_refused() -> None:
    for query in (b"", b"Z2FyYmFnZQ==", b"A" * 9000, b"&&&", b"a=b"):
        with pytest.raises(Refused) as problem:
            codec.wanted(query)
        assert problem.value.code is Code.UNREADABLE
