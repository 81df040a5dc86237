"""How a text travels in short messages: its alphabet, its parts, and back to a text.

A message holds 140 octets. The alphabet of GSM 03.38 packs 160 of its characters into them;
whatever has another character travels as UCS-2, 70 of them. A longer text is cut into parts that
each begin with a header (GSM 03.40: reference, how many, which) by which the phone puts them
together again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

GSM, LATIN_1, UCS_2 = 0x00, 0x03, 0x08
_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_ESCAPE = 0x1B
_EXTENDED = {
    0x0A: "\f", 0x14: "^", 0x28: "{", 0x29: "}", 0x2F: "\\", 0x3C: "[", 0x3D: "~", 0x3E: "]",
    0x40: "|", 0x65: "€",
}  # fmt: skip
_TO_GSM = {character: bytes((code,)) for code, character in enumerate(_BASIC) if code != _ESCAPE}
_TO_GSM |= {character: bytes((_ESCAPE, code)) for code, character in _EXTENDED.items()}

# In septets and octets: of a message that stands alone, and of a part with its header.
_WHOLE = {GSM: 160, UCS_2: 140}
_PART = {GSM: 153, UCS_2: 134}
MAX_PARTS = 255


@dataclass(frozen=True)
class Part:
    """What one packet carries. ``has_header``: it is one of several."""

    content: bytes
    coding: int
    has_header: bool = False


def split(text: str, *, reference: int) -> list[Part]:
    """The parts of ``text``. No character is cut in two. Raises ``ValueError`` beyond 255 parts."""
    characters, coding = _encoded(text)
    if sum(map(len, characters)) <= _WHOLE[coding]:
        return [Part(b"".join(characters), coding)]
    pieces = _pieces(characters, _PART[coding])
    if len(pieces) > MAX_PARTS:
        raise ValueError("a text of more than 255 parts")
    return [
        Part(bytes((5, 0, 3, reference & 0xFF, len(pieces), number)) + piece, coding, True)
        for number, piece in enumerate(pieces, start=1)
    ]


def _encoded(text: str) -> tuple[list[bytes], int]:
    if all(character in _TO_GSM for character in text):
        return [_TO_GSM[character] for character in text], GSM
    return [character.encode("utf-16-be", "replace") for character in text], UCS_2


def _pieces(characters: Sequence[bytes], room: int) -> list[bytes]:
    pieces, piece = [], b""
    for character in characters:
        if len(piece) + len(character) > room:
            pieces.append(piece)
            piece = b""
        piece += character
    return [*pieces, piece]


def decode(content: bytes, coding: int) -> str:
    """The text of ``content`` (without header); what cannot be read becomes “�”."""
    if coding == UCS_2:
        return content.decode("utf-16-be", "replace")
    if coding == GSM:
        return _from_gsm(content)
    return content.decode("latin-1" if coding == LATIN_1 else "ascii", "replace")


def _from_gsm(content: bytes) -> str:
    text, escaped = [], False
    for code in content:
        if escaped:
            text.append(_EXTENDED.get(code, "�"))
            escaped = False
        elif code == _ESCAPE:
            escaped = True
        else:
            text.append(_BASIC[code] if code < len(_BASIC) else "�")
    return "".join(text)


@dataclass(frozen=True)
class Place:
    """Which part of which long message something is."""

    reference: int
    total: int
    number: int


def take_header(content: bytes) -> tuple[bytes, Place | None]:
    """``content`` without its user data header, and the place that the header names, if any."""
    if not content or len(content) < content[0] + 1:
        return content, None
    end = content[0] + 1
    place, at = None, 1
    while at + 2 <= end:
        element, length = content[at], content[at + 1]
        value = content[at + 2 : min(at + 2 + length, end)]
        if element == 0x00 and len(value) == 3:
            place = _place(value[0], value[1], value[2])
        elif element == 0x08 and len(value) == 4:
            place = _place(int.from_bytes(value[:2]), value[2], value[3])
        at += 2 + length
    return content[end:], place


def place_from(reference: bytes, total: bytes, number: bytes) -> Place | None:
    """The place that the three TLVs of SMPP name."""
    return _place(int.from_bytes(reference), int.from_bytes(total), int.from_bytes(number))


def _place(reference: int, total: int, number: int) -> Place | None:
    return Place(reference, total, number) if 1 <= number <= total and total > 1 else None
