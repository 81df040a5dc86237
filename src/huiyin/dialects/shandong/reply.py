"""How Shandong is answered: in members that elsewhere are headers, and in these headers, too. Pure.

``C-Response-Desc`` is never null: clients call a method of it without looking, and “success” is all
that some of them compare. ``C-Response-Body`` is JSON written as a text.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

import msgspec

from huiyin.dialects.national import reply as national
from huiyin.dialects.structs import Reply, Told

_FINE, _FAILED = "00", "01"
_CODES = {True: "000000000000", False: "999999999999"}


def reply(told: Sequence[Told], text: str) -> Reply:
    """As in the national style."""
    members = national.members(told, text)
    fine = members["success"] == "true"
    said = "success" if fine else str(members["message"])
    answer = {
        "C-API-Status": _FINE if fine else _FAILED,
        "C-Response-Code": _CODES[fine],
        "C-Response-Desc": said,
        "C-Response-Body": msgspec.json.encode(members).decode(),
    }
    headers = {
        "C-API-Status": answer["C-API-Status"],
        "C-Response-Code": answer["C-Response-Code"],
        # Headers are ASCII.
        "C-Response-Desc": quote(said),
    }
    return Reply(body=msgspec.json.encode(answer), headers=headers)
