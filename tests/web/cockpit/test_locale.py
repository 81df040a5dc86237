from __future__ import annotations

from pathlib import Path

import polib
import pytest

import huiyin.web

_LOCALE = Path(huiyin.web.__file__).parent / "cockpit/locale/zh_Hans/LC_MESSAGES"


@pytest.mark.parametrize("extension", ["po", "mo"])
def test_every_word_of_the_cockpit_is_there_in_chinese(extension: str) -> None:
    path = str(_LOCALE / f"django.{extension}")
    catalogue = polib.pofile(path) if extension == "po" else polib.mofile(path)
    assert len(catalogue) > 100
    assert catalogue.percent_translated() == 100
    assert not [entry.msgid for entry in catalogue if "你" in entry.msgstr]
