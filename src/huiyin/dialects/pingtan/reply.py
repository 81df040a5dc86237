"""How Pingtan is answered: ``success`` and ``evaluateUnid`` in JSON. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from huiyin.dialects.structs import Became, Reply, Told


def reply(told: Sequence[Told], text: str) -> Reply:
    """The answer to a request of which ``told`` became of each entry; ``text`` is a sentence for
    the whole."""
    wrong = next((one for one in told if one.became is not Became.STORED), None)
    said = {
        "success": wrong is None,
        "message": wrong.text if wrong else text,
        "evaluateUnid": next((one.service for one in told if one.service), ""),
    }
    return Reply(body=msgspec.json.encode(said))
