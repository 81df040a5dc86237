"""What systems in Zhejiang (Ningbo) speak: one flat form for each event or review, with HTTP Basic.
Pure.

The form is UTF-8 without saying so, one entry a request, no time and no signature. The word of a
client is the password; its mark is the user name. Answers go back in GB 18030 with ``result`` and
``resultmsg``: that is what the next system on the way reads.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping
from urllib.parse import urlencode

from huiyin.dialects import forms
from huiyin.dialects.errors import Code, Refused
from huiyin.dialects.fields import entry_of
from huiyin.dialects.keys import Secrets
from huiyin.dialects.structs import Call, Envelope, Message
from huiyin.dialects.traits import ZHEJIANG, Traits

TRAITS = ZHEJIANG
_LONGEST_HEADER = 1000


def envelope(call: Call) -> Envelope:
    """Who sends, by its user name; ``sign`` is the password. Raises ``Refused``."""
    user, password = credentials(call.authorization)
    return Envelope(app_mark=user, sign=password, contents=(forms.fields_of(call),))


def credentials(header: str) -> tuple[str, str]:
    """User name and password of HTTP Basic. Raises ``Refused``."""
    scheme, _space, encoded = header.strip().partition(" ")
    if scheme.lower() != "basic" or len(header) > _LONGEST_HEADER:
        raise Refused(Code.NOT_AUTHENTIC)
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise Refused(Code.NOT_AUTHENTIC) from error
    user, colon, password = text.partition(":")
    if not colon or not user:
        raise Refused(Code.NOT_AUTHENTIC)
    return user, password


def basic(app_mark: str, word: str) -> str:
    """The header ``Authorization`` of a client."""
    return "Basic " + base64.b64encode(f"{app_mark}:{word}".encode()).decode("ascii")


def message(given: Envelope, secrets: Secrets, *, traits: Traits = TRAITS) -> Message:
    """What the form says, if the password is the client's. Raises ``Refused``."""
    if not hmac.compare_digest(given.sign.encode(), secrets.word.encode()):
        raise Refused(Code.NOT_AUTHENTIC)
    return Message(entries=(entry_of(given.contents[0], traits),))


def request(said: Mapping[str, str], *, app_mark: str, secrets: Secrets) -> Call:
    """A request as a client sends it; the other direction of the above."""
    return Call(
        body=urlencode(said).encode("ascii"),
        content_type="application/x-www-form-urlencoded",
        authorization=basic(app_mark, secrets.word),
    )
