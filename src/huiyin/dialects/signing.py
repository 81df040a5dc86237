"""What the dialects with SM2 have in common: the sign, and opening what is encrypted. Pure.

The sign is no signature: it is time, mark and word of the sender, encrypted. It proves that the
sender knows the word; that what comes with it is the sender's follows from the key, which is made
for one client and published nowhere (a ciphertext does not tell the key it was made with).
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from huiyin.dialects import forms, sm2
from huiyin.dialects.errors import Code, Refused
from huiyin.dialects.keys import Secrets

TIME_FORMAT = "%Y%m%d%H%M%S"
_LOCAL = ZoneInfo("Asia/Shanghai")
_MOST_PIECES = 100


def text_for_sign(*, time: str, app_mark: str, word: str) -> str:
    """What a client encrypts to sign a request."""
    return time + app_mark + word


def check_sign(*, sign: str, time: str, app_mark: str, secrets: Secrets) -> None:
    """Raises ``Refused`` unless ``sign`` is that of this client for ``time``."""
    found = opened(sign, secrets)
    expected = text_for_sign(time=time, app_mark=app_mark, word=secrets.word)
    if not hmac.compare_digest(found.encode(), expected.encode()):
        raise Refused(Code.NOT_AUTHENTIC)


def moment(time: str) -> datetime:
    """``yyyyMMddHHmmss`` in China's time. Raises ``Refused``."""
    try:
        if len(time) != 14 or not time.isascii() or not time.isdigit():
            raise ValueError
        return datetime.strptime(time, TIME_FORMAT).replace(tzinfo=_LOCAL)
    except ValueError as error:
        raise Refused(Code.FIELD_INVALID, field="time") from error


def opened(cipher: Any, secrets: Secrets) -> str:
    """The text in ``cipher``. Raises ``Refused``, the same for whatever is wrong with it."""
    if not isinstance(cipher, str):
        raise Refused(Code.NOT_AUTHENTIC)
    try:
        return sm2.decrypt(sm2.decode(cipher), secrets.key()).decode()
    except (sm2.NotDecryptable, UnicodeDecodeError) as error:
        raise Refused(Code.NOT_AUTHENTIC) from error


def pieces(found: Any) -> Iterator[str]:
    """The ciphertexts in what a client put where they belong: one, or a list of them, or a list
    written as JSON. Raises ``Refused``."""
    if isinstance(found, str) and found.lstrip()[:1] == "[":
        found = forms.json_of(found)
    some = found if isinstance(found, list) else [found]
    if len(some) > _MOST_PIECES or not all(isinstance(one, str) and one for one in some):
        raise Refused(Code.UNREADABLE)
    yield from some
