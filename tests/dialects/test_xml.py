"""XML of strangers: elements and text, and nothing that XML can do beyond."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huiyin.dialects import xml
from huiyin.dialects.errors import Code, Refused
from huiyin.dialects.xml import Element

pytestmark = pytest.mark.once

_LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(12))
BOMBS = {
    "billion laughs": f"<!DOCTYPE a [{_LAUGHS}]><a>&l11;</a>",
    "quadratic blow-up": f'<!DOCTYPE a [<!ENTITY b "{"b" * 50_000}">]><a>{"&b;" * 1000}</a>',
    "file": '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "address": '<!DOCTYPE a [<!ENTITY b SYSTEM "http://127.0.0.1:9/">]><a>&b;</a>',
    "parameter entity": '<!DOCTYPE a [<!ENTITY % b SYSTEM "http://127.0.0.1:9/">%b;]><a/>',
    "external document type": '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><a/>',
    "nothing but a document type": "<!DOCTYPE a><a>x</a>",
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_no_document_type_is_read_so_that_nothing_expands_or_is_fetched(bomb: str) -> None:
    with pytest.raises(Refused) as problem:
        xml.read(bomb.encode())
    assert (problem.value.code, problem.value.about) == (Code.UNREADABLE, "doctype")


def test_an_entity_that_nobody_declared_is_an_error() -> None:
    with pytest.raises(Refused) as problem:
        xml.read(b"<a>&nbsp;</a>")
    assert problem.value.code is Code.UNREADABLE


@pytest.mark.parametrize(
    "data",
    [
        b"<a>" * (xml.MAX_DEPTH + 1) + b"</a>" * (xml.MAX_DEPTH + 1),
        b"<a>" + b"<b/>" * xml.MAX_ELEMENTS + b"</a>",
        b"<a>" + b" " * xml.MAX_BYTES + b"</a>",
    ],
    ids=["deep", "many", "long"],
)
def test_depth_number_and_size_have_an_end(data: bytes) -> None:
    with pytest.raises(Refused) as problem:
        xml.read(data)
    assert problem.value.code is Code.TOO_LARGE


def test_as_deep_and_as_many_as_allowed_is_read() -> None:
    depth = xml.MAX_DEPTH
    assert xml.read(b"<a>" * depth + b"</a>" * depth).name == "a"
    assert len(xml.read(b"<a>" + b"<b/>" * (xml.MAX_ELEMENTS - 1) + b"</a>").children) == 1999


@pytest.mark.parametrize("declared", ["UTF-8", "GBK", "gb2312", "GB18030"])
@pytest.mark.parametrize("name", ["张三丰", "𠮷田𬭳"])
def test_a_text_in_utf_8_is_read_whatever_the_document_declares(declared: str, name: str) -> None:
    said = f'<?xml version="1.0" encoding="{declared}"?><a>{name}</a>'.encode()
    assert xml.read(said).text == name


@pytest.mark.parametrize("name", ["张三丰", "𠮷田𬭳", "王䶮"])
def test_a_text_in_gb_18030_is_read_also_with_characters_of_four_bytes(name: str) -> None:
    said = f'<?xml version="1.0" encoding="GB2312"?><a>{name}</a>'.encode("gb18030")
    assert xml.read(said).text == name


@pytest.mark.parametrize("declared", ["", 'encoding="UTF-8"', 'encoding="EBCDIC-CP-US"'])
def test_another_encoding_than_the_declared_one_is_refused_and_not_guessed(declared: str) -> None:
    said = f'<?xml version="1.0" {declared}?><a>张三丰</a>'.encode("gb18030")
    with pytest.raises(Refused) as problem:
        xml.read(said)
    assert problem.value.code is Code.WRONG_ENCODING


_names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_.-]{0,9}", fullmatch=True)
_texts = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs"]).filter(
        lambda one: not xml._IMPOSSIBLE.search(one)
    )
)
_elements = st.recursive(
    st.builds(lambda name, text: Element(name, text=text), _names, _texts),
    lambda inner: st.builds(
        lambda name, children: Element(name, children=children),
        _names,
        st.lists(inner, min_size=1, max_size=4),
    ),
    max_leaves=20,
)


@given(_elements)
def test_what_is_written_is_read_as_it_was(element: Element) -> None:
    with suppress(Refused):
        assert xml.read(xml.write(element)) == element


@given(st.binary() | st.text().map(str.encode) | st.binary().map(lambda b: b"<a>" + b + b"</a>"))
def test_any_bytes_are_a_document_or_a_named_error(data: bytes) -> None:
    with suppress(Refused):
        assert isinstance(xml.read(data), Element)


@pytest.mark.parametrize("text", ["\0", "\x0b", "\ud800", "\ufffe"])
def test_a_character_that_xml_cannot_hold_is_not_written(text: str) -> None:
    with pytest.raises(ValueError):
        xml.write(Element("a", text=text))
