"""How Fujian is answered: ``code`` 200 and ``evaluateUnid``, or another code and why. Pure.

To a push as a document by itself, to SOAP as the text that the operation returns. Whether it is XML
or JSON is not known; XML, as the request is, unless the client is set to JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

from huiyin.dialects import forms, xml
from huiyin.dialects.errors import PARAMETER_ERRORS, Code
from huiyin.dialects.fujian.codec import SOAP
from huiyin.dialects.structs import Became, Envelope, Reply, Told

SUCCESS, PARAMETERS, OTHERWISE = "200", "0", "500"
_CODES: Mapping[Code, str] = {
    Code.NOT_AUTHENTIC: "401",
    Code.STALE: "403",
    Code.REPLAYED: "409",
    Code.MUST_NOT_REPEAT: "409",
    Code.EVENT_UNKNOWN: "404",
    Code.TOO_LARGE: "413",
    Code.TOO_MANY: "429",
    Code.UNAVAILABLE: "503",
}
_XML = "text/xml; charset=utf-8"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


def reply(
    told: Sequence[Told], text: str, *, envelope: Envelope | None = None, in_json: bool = False
) -> Reply:
    """The answer to a request of which ``told`` became of each entry; ``text`` is a sentence for
    the whole. ``envelope`` is None when not even that could be read."""
    said = members(told, text)
    if in_json:
        written = json.dumps(said, ensure_ascii=False)
    else:
        parts = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in said.items())
        written = f"<response>{parts}</response>"
    _sealed, operation, namespace = envelope.contents if envelope else ("", "", "")
    if operation:
        returned = f"<return>{escape(written)}</return>"
        written = (
            f"<s:Envelope xmlns:s={quoteattr(SOAP)}><s:Body>"
            f"<n:{operation}Response xmlns:n={quoteattr(namespace or 'urn:evaluate')}>{returned}"
            f"</n:{operation}Response></s:Body></s:Envelope>"
        )
    elif in_json:
        return Reply(body=written.encode())
    return Reply(body=(_DECLARATION + written).encode(), content_type=_XML)


def members(told: Sequence[Told], text: str) -> dict[str, str]:
    """What is told: success only when every entry was stored."""
    wrong = next((one for one in told if one.became is not Became.STORED), None)
    return {
        "code": _code(wrong),
        "message": wrong.text if wrong else text,
        "evaluateUnid": next((one.service for one in told if one.service), ""),
    }


def _code(wrong: Told | None) -> str:
    if wrong is None:
        return SUCCESS
    if wrong.code in PARAMETER_ERRORS:
        return PARAMETERS
    return _CODES.get(wrong.code, OTHERWISE) if wrong.code else OTHERWISE


def read(body: bytes) -> dict[str, str]:
    """What an answer says, the other direction of the above. Raises ``Refused``."""
    if body.lstrip()[:1] == b"{":
        return {name: str(value) for name, value in forms.an_object(body.decode()).items()}
    root = xml.read(body)
    if root.name == "Envelope":
        return read(next(root.leaves()).text.encode())
    return {leaf.name: leaf.text for leaf in root.leaves()}
