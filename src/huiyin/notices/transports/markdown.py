"""Plain text within Markdown, as chat systems show it."""

from __future__ import annotations

# The dialects differ in what they let one escape; what looks the same and means nothing, works
# everywhere.
_HARMLESS = str.maketrans(
    {"[": "［", "]": "］", "<": "＜", ">": "＞", "*": "＊", "`": "｀", "\n": " "}
)


def plain(text: str) -> str:
    """``text`` in one line, without the signs that would make a link, a picture or an emphasis."""
    return text.translate(_HARMLESS)
