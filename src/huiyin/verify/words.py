"""Every sentence that the commands say stands in ``words.json``, in English and Chinese.

What fills a ``{gap}`` may come from a forged receipt or a hostile server, so it is cleaned first:
it can neither move the cursor nor pretend to be a line of ours.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import resources
from typing import Any

_LONGEST = 300

_FILE = resources.files("huiyin.verify") / "words.json"
# By code, then by language.
WORDS: dict[str, dict[str, str]] = json.loads(_FILE.read_text(encoding="utf-8"))


def language(wanted: str | None = None) -> str:
    """``zh`` or ``en``: what was asked for, or the environment's language."""
    if wanted:
        return wanted
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


def say(code: str, params: Mapping[str, Any], lang: str) -> str:
    """The sentence ``code`` with its gaps filled."""
    sentence = WORDS[code][lang]
    return sentence.format(**{name: clean(value) for name, value in params.items()})


def clean(value: Any) -> str:
    """``value`` as one harmless line."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    text = "".join(one if one.isprintable() else "�" for one in str(value))
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
