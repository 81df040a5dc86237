"""How the national style is answered: ``code``, ``success``, ``message`` and ``data``, all text.

``success`` is what says how it went. Clients know a parameter error by the code 0 and ``false``.
Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from huiyin.dialects.errors import PARAMETER_ERRORS
from huiyin.dialects.structs import Became, Reply, Told

SUCCESS, PARAMETERS, REFUSED = "0", "0", "1"


def reply(told: Sequence[Told], text: str) -> Reply:
    """The answer to a request; ``told`` is what became of each entry, ``text`` a sentence for the
    whole. It is a success when each entry is stored."""
    return Reply(body=msgspec.json.encode(members(told, text)))


def members(told: Sequence[Told], text: str) -> dict[str, Any]:
    """The members of the answer."""
    fine = all(one.became is Became.STORED for one in told)
    first = next((one for one in told if one.became is not Became.STORED), None)
    bad = first is not None and first.code in PARAMETER_ERRORS
    return {
        "code": SUCCESS if fine else PARAMETERS if bad else REFUSED,
        "success": "true" if fine else "false",
        "message": text if fine or first is None else first.text,
        "data": [
            {
                "projectNo": one.project_no,
                "serviceNumber": one.service_number,
                "success": "true" if one.became is Became.STORED else "false",
                "message": one.text,
            }
            for one in told
            if one.project_no
        ],
    }
