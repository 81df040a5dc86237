"""What systems in Anhui speak: the address of the rating page, with everything in its query. Pure.

The query is ``evaluateChannel=PJQ&projNo=…&serviceCode=…&regionCode=…&source=…&version=2``, encoded
twice as Base64, and stands in the address alone or as the value of one parameter. Nobody signed it:
whoever knows a case number can write such an address, so it opens nothing but the page on which one
service can be rated once, and guessing is held up.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote_from_bytes, unquote_to_bytes, urlencode

from msgspec import Struct

from huiyin.dialects import codes, encodings, forms
from huiyin.dialects.errors import Code, Refused
from huiyin.dialects.fields import as_json
from huiyin.dialects.traits import ANHUI

TRAITS = ANHUI
VERSION = "2"
# What the parameter is called does not matter; a longer query is no address any more.
_LONGEST_QUERY = 8192
# 评价器: the device at the counter.
CHANNELS: Mapping[str, str] = {"PJQ": "counter_device"}
_KNOWN = ("evaluateChannel", "projNo", "serviceCode", "regionCode", "source", "version")


class Wanted(Struct, frozen=True, kw_only=True):
    """Which service somebody wants to rate, and through which channel they say they come.
    ``unknown`` are further parameters, with their values as JSON."""

    source: str
    project_no: str
    service_code: str
    area_code: str
    channel: str
    unknown: Mapping[str, str] = {}


def wanted(query: bytes) -> Wanted:
    """What an address asks for. Raises ``Refused``."""
    said = forms.form_of(plain(query))
    values = {name: said.get(name, "") for name in _KNOWN}
    if not all(isinstance(value, str) for value in values.values()):
        raise Refused(Code.UNREADABLE)
    for name in ("projNo", "serviceCode", "regionCode", "source", "version"):
        if not values[name].strip():
            raise Refused(Code.FIELD_MISSING, field=name)
    if values["version"].strip() != VERSION:
        raise Refused(Code.FIELD_INVALID, field="version", about=VERSION)
    return Wanted(
        source=values["source"].strip(),
        project_no=values["projNo"].strip(),
        service_code=values["serviceCode"].strip(),
        area_code=codes.area_in_force(values["regionCode"].strip(), field="regionCode"),
        channel=CHANNELS.get(values["evaluateChannel"].strip().upper(), "web"),
        unknown={name: as_json(value) for name, value in said.items() if name not in _KNOWN},
    )


def plain(query: bytes) -> bytes:
    """The query that was encoded. Raises ``Refused``.

    The second look is for a query whose only parameter has a name: the Base64 itself ends in "=".
    """
    if not query or len(query) > _LONGEST_QUERY:
        raise Refused(Code.UNREADABLE)
    for piece in query.split(b"&"):
        _name, equals, value = piece.partition(b"=")
        for candidate in (piece, value if equals else b""):
            try:
                once = encodings.from_base64(unquote_to_bytes(candidate).decode("ascii"))
                twice = encodings.from_base64(once.decode("ascii"))
            except (Refused, UnicodeDecodeError):
                continue
            if b"=" in twice:
                return twice
    raise Refused(Code.UNREADABLE, about="base64")


def query_of(said: Mapping[str, str], *, name: str = "") -> bytes:
    """The query in which a client hands ``said`` over, as the parameter ``name`` or alone; the
    other direction of the above."""
    once = encodings.to_base64(urlencode(said).encode("ascii"))
    twice = quote_from_bytes(encodings.to_base64(once.encode("ascii")).encode("ascii"), safe="")
    return (f"{name}={twice}" if name else twice).encode("ascii")
