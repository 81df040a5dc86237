"""What may stand in a text that people read."""

from __future__ import annotations

import unicodedata

# They turn the direction of what follows, so that a text reads otherwise than it is stored.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Letters and symbols by their category, and yet nothing is drawn for them.
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")


def is_printable(text: str) -> bool:
    """Whether ``text`` holds no control character (but line breaks and tabs), no lone surrogate
    and nothing that turns the direction of writing.

    Other format characters stay: they join emoji and scripts. A NUL would stop PostgreSQL.
    """
    # Python's own idea of it is stricter, and many times quicker.
    return text.isprintable() or not any(
        sign in _TURNING or (unicodedata.category(sign) in {"Cc", "Cs"} and sign not in "\n\r\t")
        for sign in text
    )


def is_blank(text: str) -> bool:
    """Whether nothing in ``text`` can be seen: it is empty, or all spaces, joiners and marks that
    would stand on a letter."""
    return all(
        sign in _BLANK or unicodedata.category(sign)[0] in "ZM" or _is_unseen(sign) for sign in text
    )


def _is_unseen(sign: str) -> bool:
    return unicodedata.category(sign) in {"Cc", "Cf", "Cs", "Cn"}
