"""Text whose encoding is declared wrongly, and Base64 that has travelled."""

from __future__ import annotations

import base64
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huiyin.dialects import encodings
from huiyin.dialects.errors import Code, Refused

pytestmark = pytest.mark.once


@given(st.binary())
def test_base64_is_read_in_every_dress(data: bytes) -> None:
    if not data:
        return
    usual = encodings.to_base64(data)
    lines = base64.encodebytes(data).decode().replace("\n", "\r\n")
    through_a_form = usual.replace("+", " ")
    dressed = [usual, usual.rstrip("="), lines, base64.urlsafe_b64encode(data).decode()]
    # A space at the end was none of the text.
    dressed += [through_a_form] if through_a_form == through_a_form.strip() else []
    assert {encodings.from_base64(one) for one in dressed} == {data}


@pytest.mark.parametrize(
    "text", ["", "=", "A", "AAAAA", "AA=A", "中文", "AAAA====", "AA!A", "ＡＡＡＡ"]
)
def test_what_is_no_base64_is_refused(text: str) -> None:
    with pytest.raises(Refused) as problem:
        encodings.from_base64(text)
    assert problem.value.code is Code.UNREADABLE


@given(st.text())
def test_any_text_is_base64_or_a_named_error(text: str) -> None:
    with suppress(Refused):
        assert isinstance(encodings.from_base64(text), bytes)


@given(st.binary(), st.sampled_from(["", "UTF-8", "GBK", "iso-8859-1", "x"]) | st.text())
def test_any_bytes_are_text_or_a_named_error(data: bytes, declared: str) -> None:
    with suppress(Refused):
        assert isinstance(encodings.text_of(data, declared), str)
