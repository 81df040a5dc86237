"""How Zhejiang (Ningbo) is answered: ``result`` and ``resultmsg`` in GB 18030. Pure.

Which value of ``result`` is success is not known: it is a setting of each client. A parameter error
has the code 0, so that success is 1 unless somebody says otherwise.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from huiyin.dialects.structs import Became, Reply, Told

SUCCESS, REFUSED = "1", "0"
_TYPE = "application/json; charset=GB18030"


def reply(told: Sequence[Told], text: str, *, success: str = "") -> Reply:
    """The answer to a request of which ``told`` became of each entry; ``text`` is a sentence for
    the whole and ``success`` what the client takes for one."""
    wrong = next((one for one in told if one.became is not Became.STORED), None)
    said = {
        "result": REFUSED if wrong else success or SUCCESS,
        "resultmsg": wrong.text if wrong else text,
    }
    return Reply(body=json.dumps(said, ensure_ascii=False).encode("gb18030"), content_type=_TYPE)
