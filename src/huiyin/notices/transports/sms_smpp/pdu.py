"""The few kinds of packet of SMPP 3.4 that a sender of messages needs, to bytes and back.

A packet is four big-endian numbers (length, command, status, sequence) and a body. Whatever the
other side sends that is not one raises ``Malformed``.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

HEADER = struct.Struct(">IIII")
RESPONSE = 0x80000000
# A long message in a TLV of 64 KB, and its fields.
LONGEST = 70_000


class Command(IntEnum):
    GENERIC_NACK = 0x80000000
    BIND_TRANSMITTER = 0x00000002
    SUBMIT_SM = 0x00000004
    DELIVER_SM = 0x00000005
    UNBIND = 0x00000006
    BIND_TRANSCEIVER = 0x00000009
    ENQUIRE_LINK = 0x00000015


class Status(IntEnum):
    """The command statuses that mean something to us; others are only numbers."""

    OK = 0x00
    SYSTEM_ERROR = 0x08
    QUEUE_FULL = 0x14
    INVALID_SOURCE = 0x0A
    INVALID_DESTINATION = 0x0B
    UNKNOWN_COMMAND = 0x03
    THROTTLED = 0x58
    TRY_LATER = 0x64


class Tag(IntEnum):
    RECEIPTED_MESSAGE_ID = 0x001E
    SAR_REFERENCE = 0x020C
    SAR_TOTAL = 0x020E
    SAR_NUMBER = 0x020F
    MESSAGE_PAYLOAD = 0x0424
    MESSAGE_STATE = 0x0427


class Malformed(ValueError):
    """What came is no packet of SMPP 3.4."""


@dataclass(frozen=True)
class Pdu:
    command: int
    sequence: int
    status: int = 0
    body: bytes = b""

    @property
    def is_response(self) -> bool:
        return bool(self.command & RESPONSE)

    def encode(self) -> bytes:
        length = HEADER.size + len(self.body)
        return HEADER.pack(length, self.command, self.status, self.sequence) + self.body


@dataclass(frozen=True)
class Message:
    """The body of a submit_sm or a deliver_sm."""

    source: str
    destination: str
    content: bytes
    coding: int = 0
    esm_class: int = 0
    registered_delivery: int = 0
    source_ton: int = 0
    source_npi: int = 0
    destination_ton: int = 1
    destination_npi: int = 1
    tlvs: Mapping[int, bytes] = field(default_factory=dict)

    def encode(self) -> bytes:
        """Raises ``ValueError`` for an address or a content that the protocol cannot hold."""
        if len(self.content) > 254:
            raise ValueError("more than one short message")
        return b"".join(
            (
                b"\0",  # service_type: the centre's default
                bytes((self.source_ton, self.source_npi)),
                _c_octets(self.source, 20),
                bytes((self.destination_ton, self.destination_npi)),
                _c_octets(self.destination, 20),
                bytes((self.esm_class, 0, 0)),  # protocol_id, priority_flag
                b"\0\0",  # schedule_delivery_time, validity_period: at once, the centre's default
                bytes((self.registered_delivery, 0, self.coding, 0, len(self.content))),
                self.content,
                *(struct.pack(">HH", tag, len(value)) + value for tag, value in self.tlvs.items()),
            )
        )

    @classmethod
    def decode(cls, body: bytes) -> Message:
        """Raises ``Malformed``."""
        reader = _Reader(body)
        reader.c_octets(6)
        source_ton, source_npi = reader.octet(), reader.octet()
        source = reader.c_octets(21)
        destination_ton, destination_npi = reader.octet(), reader.octet()
        destination = reader.c_octets(21)
        esm_class, _protocol, _priority = reader.octet(), reader.octet(), reader.octet()
        reader.c_octets(17)
        reader.c_octets(17)
        registered, _replace, coding = reader.octet(), reader.octet(), reader.octet()
        reader.octet()
        content = reader.octets(reader.octet())
        tlvs = reader.tlvs()
        return cls(
            source=source,
            destination=destination,
            content=content or tlvs.get(Tag.MESSAGE_PAYLOAD, b""),
            coding=coding,
            esm_class=esm_class,
            registered_delivery=registered,
            source_ton=source_ton,
            source_npi=source_npi,
            destination_ton=destination_ton,
            destination_npi=destination_npi,
            tlvs=tlvs,
        )


def bind_body(system_id: str, password: str, system_type: str) -> bytes:
    """Raises ``ValueError`` for what the protocol cannot hold."""
    return b"".join(
        (
            _c_octets(system_id, 15),
            _c_octets(password, 8),
            _c_octets(system_type, 12),
            bytes((0x34, 0, 0)),  # version 3.4; any address
            b"\0",
        )
    )


def message_id(body: bytes) -> str:
    """The id in a submit_sm_resp. Raises ``Malformed``."""
    return _Reader(body).c_octets(65)


def header(octets: bytes) -> tuple[int, int, int, int]:
    """Length of the body, command, status and sequence. Raises ``Malformed``."""
    length, command, status, sequence = HEADER.unpack(octets)
    if not HEADER.size <= length <= LONGEST:
        raise Malformed("a length that no packet has")
    return length - HEADER.size, command, status, sequence


def _c_octets(text: str, longest: int) -> bytes:
    octets = text.encode("ascii")
    if len(octets) > longest or 0 in octets:
        raise ValueError("longer than the protocol allows")
    return octets + b"\0"


class _Reader:
    def __init__(self, octets: bytes) -> None:
        self._octets, self._at = octets, 0

    def octet(self) -> int:
        return self.octets(1)[0]

    def octets(self, count: int) -> bytes:
        taken = self._octets[self._at : self._at + count]
        if len(taken) < count:
            raise Malformed("ends too early")
        self._at += count
        return taken

    def c_octets(self, longest: int) -> str:
        end = self._octets.find(b"\0", self._at, self._at + longest)
        if end < 0:
            raise Malformed("a text without its end")
        text = self._octets[self._at : end]
        self._at = end + 1
        return text.decode("latin-1")

    def tlvs(self) -> dict[int, bytes]:
        found: dict[int, bytes] = {}
        while self._at < len(self._octets):
            tag, length = struct.unpack(">HH", self.octets(4))
            found[tag] = self.octets(length)
        return found
