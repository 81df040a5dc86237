"""How texts travel in short messages, and packets, beside another library's."""

from contextlib import suppress

import pytest
import smpp34
from hypothesis import given
from hypothesis import strategies as st

from huiyin.notices.transports.sms_smpp import pdu, text

TEXTS = st.text(
    st.one_of(
        st.characters(blacklist_categories=["Cs"]),
        st.sampled_from("您好请问何时方便通话€{}[]^~|\\😀abcXYZ 019@£\n"),
    ),
    max_size=400,
)


def _joined(parts: list[text.Part]) -> str:
    whole = b"".join(
        text.take_header(part.content)[0] if part.has_header else part.content for part in parts
    )
    return text.decode(whole, parts[0].coding)


@given(TEXTS, st.integers(0, 10_000))
def test_what_is_cut_into_parts_comes_together_again(said: str, reference: int) -> None:
    parts = text.split(said, reference=reference)
    assert _joined(parts) == said
    assert all(len(part.content) <= 160 for part in parts)
    assert all(len(part.content) <= 140 for part in parts if part.coding == text.UCS_2)
    if len(parts) > 1:
        places = [text.take_header(part.content)[1] for part in parts]
        assert [place.number for place in places if place] == [*range(1, len(parts) + 1)]
        assert {(place.reference, place.total) for place in places if place} == {
            (reference & 0xFF, len(parts))
        }


@given(TEXTS)
def test_no_character_is_cut_in_two(said: str) -> None:
    parts = text.split(said, reference=1)
    alone = [text.take_header(part.content)[0] for part in parts] if len(parts) > 1 else []
    assert not alone or "".join(text.decode(part, parts[0].coding) for part in alone) == said


@pytest.mark.parametrize(
    ("said", "coding", "parts"),
    [
        ("a" * 160, text.GSM, 1),
        ("a" * 161, text.GSM, 2),
        ("€" * 80, text.GSM, 1),
        ("€" * 81, text.GSM, 2),
        ("长" * 70, text.UCS_2, 1),
        ("长" * 71, text.UCS_2, 2),
        ("长" * 135, text.UCS_2, 3),
        ("", text.GSM, 1),
    ],
)
def test_the_alphabet_and_the_number_of_parts(said: str, coding: int, parts: int) -> None:
    made = text.split(said, reference=7)
    assert ({part.coding for part in made}, len(made)) == ({coding}, parts)


def test_a_text_beyond_255_parts_is_refused() -> None:
    with pytest.raises(ValueError, match="255"):
        text.split("长" * (255 * 67 + 1), reference=1)


def test_16_bit_references_are_read_too() -> None:
    content, place = text.take_header(b"\x06\x08\x04\x12\x34\x03\x02" + "好".encode("utf-16-be"))
    assert place == text.Place(0x1234, 3, 2)
    assert text.decode(content, text.UCS_2) == "好"


@given(st.binary(max_size=200), st.integers(0, 255))
def test_whatever_comes_in_becomes_a_text(content: bytes, coding: int) -> None:
    rest, _place = text.take_header(content)
    assert isinstance(text.decode(rest, coding), str)


ADDRESSES = st.text("0123456789", max_size=20)


@given(
    ADDRESSES,
    ADDRESSES,
    st.binary(max_size=254),
    st.sampled_from([0, 8]),
    st.sampled_from([0, 0x40]),
)
def test_another_library_reads_what_we_write_and_we_read_what_it_writes(
    source: str, destination: str, content: bytes, coding: int, esm_class: int
) -> None:
    ours = pdu.Message(
        source, destination, content, coding=coding, esm_class=esm_class, registered_delivery=1
    )
    theirs = smpp34.decode(pdu.Pdu(pdu.Command.SUBMIT_SM, 5, body=ours.encode()).encode())
    assert isinstance(theirs, smpp34.SubmitSm)
    assert (theirs.source_addr, theirs.destination_addr) == (source, destination)
    assert bytes(theirs.short_message) == content
    assert (theirs.data_coding, theirs.esm_class, theirs.registered_delivery) == (
        coding,
        esm_class,
        1,
    )
    wire = smpp34.DeliverSm(
        source,
        destination,
        content,
        data_coding=coding,
        esm_class=esm_class,
        registered_delivery=1,
        dest_addr_ton=1,
        dest_addr_npi=1,
    ).encode()
    assert pdu.Message.decode(wire[16:]) == ours


@given(st.binary(max_size=300))
def test_a_body_that_is_none_is_refused_and_nothing_else_happens(body: bytes) -> None:
    with suppress(pdu.Malformed):
        pdu.Message.decode(body)


@pytest.mark.parametrize("head", [b"\0" * 16, b"\xff" * 16, b"HTTP/1.1 400 Bad"])
def test_a_length_that_no_packet_has_is_refused(head: bytes) -> None:
    with pytest.raises(pdu.Malformed):
        pdu.header(head)
