"""Words of the kit in both languages: without an installation there are no catalogues."""

from __future__ import annotations

from typing import NamedTuple


class Words(NamedTuple):
    en: str
    zh: str

    def in_(self, lang: str) -> str:
        """In ``lang``: “en” or “zh”."""
        return self.zh if lang == "zh" else self.en
