"""What stands in a message: the words that end the contact, and what can be shown of it."""

from __future__ import annotations

import unicodedata

from huiyin.kernel.text import is_printable

_STOP = frozenset({"stop", "stopall", "unsubscribe", "t", "td", "退订", "退訂", "停止", "不要联系"})
_AROUND = " \t\r\n.。!！,，;；\"'“”‘’()（）[]【】"


def means_stop(text: str) -> bool:
    """Whether ``text`` is one of these words and nothing else: “T” is, “TD-LTE 很慢” is not."""
    return unicodedata.normalize("NFKC", text).strip(_AROUND).casefold() in _STOP


def readable(text: str) -> str:
    """``text`` without what cannot be shown; phones and networks leave odd octets."""
    return "".join(sign for sign in text if is_printable(sign)).strip()
