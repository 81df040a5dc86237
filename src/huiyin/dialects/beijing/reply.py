"""How Beijing is answered: ``success``, ``serviceCode`` and ``errorMessage``, none of them null.

A repeated push is the same service, and answered as the first. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from huiyin.dialects.structs import Became, Reply, Told


def reply(told: Sequence[Told], text: str) -> Reply:
    """The answer; with more than one entry there is a list of the same members, too."""
    whole = {
        "success": all(one.became is Became.STORED for one in told),
        "serviceCode": next((one.service for one in told if one.service), ""),
        "errorMessage": next((text for one in told if one.became is not Became.STORED), ""),
    }
    if len(told) > 1:
        whole["data"] = [_one(one) for one in told]
    return Reply(body=msgspec.json.encode(whole))


def _one(told: Told) -> dict[str, Any]:
    stored = told.became is Became.STORED
    return {
        "projectNo": told.project_no,
        "serviceNumber": told.service_number,
        "success": stored,
        "serviceCode": told.service,
        "errorMessage": "" if stored else told.text,
    }
