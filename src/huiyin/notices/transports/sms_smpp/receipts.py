"""What a deliver_sm says: a delivery receipt, or a citizen's message, whole or in parts."""

from __future__ import annotations

import re
from dataclasses import dataclass

from huiyin.notices.sms.models import DeliveryReceipt
from huiyin.notices.transports.sms_smpp import text
from huiyin.notices.transports.sms_smpp.pdu import Message, Tag

_KIND, _IS_RECEIPT, _HAS_HEADER = 0x3C, 0x04, 0x40
# SMPP 3.4 §5.2.28 and, for centres that only write a text, appendix B.
_STATES = {
    1: DeliveryReceipt.Outcome.UNDER_WAY,
    2: DeliveryReceipt.Outcome.ARRIVED,
    3: DeliveryReceipt.Outcome.FAILED,
    4: DeliveryReceipt.Outcome.FAILED,
    5: DeliveryReceipt.Outcome.FAILED,
    6: DeliveryReceipt.Outcome.UNDER_WAY,
    7: DeliveryReceipt.Outcome.UNKNOWN,
    8: DeliveryReceipt.Outcome.FAILED,
}
_WORDS = {
    "ENROUTE": 1,
    "DELIVRD": 2,
    "EXPIRED": 3,
    "DELETED": 4,
    "UNDELIV": 5,
    "ACCEPTD": 6,
    "UNKNOWN": 7,
    "REJECTD": 8,
}
_ID = re.compile(rb"\bid:([!-~]{1,64})")
_STAT = re.compile(rb"\bstat:([A-Z]{7})")
_ERROR = re.compile(rb"\berr:([0-9A-Za-z]{1,8})")


@dataclass(frozen=True)
class Receipt:
    reference: str
    outcome: DeliveryReceipt.Outcome
    error: str = ""


@dataclass(frozen=True)
class Arrived:
    """A message of a citizen, or a part of one."""

    source: str
    destination: str
    content: bytes
    coding: int
    place: text.Place | None


def canonical(reference: str, *, decimal: bool = False) -> str:
    """A centre's id of a message in one form: some write it with other letters or zeros in the
    receipt, and some in ``decimal`` there and in hex before."""
    if decimal and reference.isascii() and reference.isdigit():
        reference = f"{int(reference):x}"
    return reference.strip().lstrip("0").lower() or "0"


def read(message: Message) -> Receipt | Arrived | None:
    """None for what is neither, such as a receipt that names no message."""
    if message.esm_class & _KIND == _IS_RECEIPT:
        return _receipt(message)
    if message.esm_class & _KIND:
        return None  # an acknowledgement by hand, or of a handset's application
    content, place = message.content, None
    if message.esm_class & _HAS_HEADER:
        content, place = text.take_header(content)
    elif Tag.SAR_REFERENCE in message.tlvs:
        place = text.place_from(
            message.tlvs[Tag.SAR_REFERENCE],
            message.tlvs.get(Tag.SAR_TOTAL, b""),
            message.tlvs.get(Tag.SAR_NUMBER, b""),
        )
    return Arrived(message.source, message.destination, content, message.coding, place)


def _receipt(message: Message) -> Receipt | None:
    named = message.tlvs.get(Tag.RECEIPTED_MESSAGE_ID, b"").rstrip(b"\0")
    found = _ID.search(message.content)
    reference = named or (found[1] if found else b"")
    if not reference or len(reference) > 64:
        return None
    word = _STAT.search(message.content)
    state = int.from_bytes(message.tlvs.get(Tag.MESSAGE_STATE, b"")) or (
        _WORDS.get(word[1].decode(), 7) if word else 7
    )
    error = _ERROR.search(message.content)
    return Receipt(
        reference.decode("latin-1"),
        _STATES.get(state, DeliveryReceipt.Outcome.UNKNOWN),
        error[1].decode() if error else "",
    )
