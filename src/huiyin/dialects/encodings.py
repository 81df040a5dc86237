"""Bytes as clients of other systems send them: text in an encoding that may be declared wrongly,
Base64 that went through a form. Pure."""

from __future__ import annotations

import base64
import binascii
import re

from huiyin.dialects.errors import Code, Refused

# GB 2312 ⊂ GBK ⊂ GB 18030, and clients name whichever they like.
_CHINESE = {"gb2312", "gbk", "gb18030", "cp936", "ms936", "x-gbk", "gb-2312", "gb-18030"}
_UTF_8 = {"", "utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "latin1"}
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")


def text_of(data: bytes, declared: str = "") -> str:
    """``data`` as text. Raises ``Refused``.

    What is UTF-8 is read as UTF-8, whatever is declared: Java clients declare GBK and send UTF-8,
    and read as GBK that would give another name without any error. A Chinese text in GB 18030 is
    next to never UTF-8 by chance. What is not UTF-8 is read as GB 18030 only when that is declared:
    nobody guesses the name of a citizen. ISO-8859-1 is what servers declare when a client was
    silent, and holds no Chinese.
    """
    name = declared.strip().strip("\"'").lower().replace("_", "-")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if name in _UTF_8:
            raise Refused(Code.WRONG_ENCODING, about="utf-8") from error
    if name not in _CHINESE:
        raise Refused(Code.WRONG_ENCODING)
    try:
        return data.decode("gb18030")
    except UnicodeDecodeError as error:
        raise Refused(Code.WRONG_ENCODING, about="gb18030") from error


def from_base64(text: str) -> bytes:
    """What ``text`` encodes, in the usual or the URL's alphabet, with line breaks, without its
    padding, and with the spaces that a form made of "+". Raises ``Refused``."""
    plain = re.sub(r"[\r\n\t]", "", text).strip().replace(" ", "+")
    plain = plain.replace("-", "+").replace("_", "/")
    if not plain.isascii() or not _BASE64.fullmatch(plain) or not (plain := plain.rstrip("=")):
        raise Refused(Code.UNREADABLE, about="base64")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except binascii.Error as error:
        raise Refused(Code.UNREADABLE, about="base64") from error


def to_base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
