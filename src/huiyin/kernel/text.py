"""What may stand in a text that people read."""

from __future__ import annotations

import unicodedata


def is_printable(text: str) -> bool:
    """Whether ``text`` holds no control character (but line breaks and tabs) and no lone surrogate.

    Format characters stay: they join emoji and scripts. A NUL would stop PostgreSQL.
    """
    return not any(
        unicodedata.category(sign) in {"Cc", "Cs"} and sign not in "\n\r\t" for sign in text
    )
