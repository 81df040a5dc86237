"""The page about the table is the table."""

from pathlib import Path

import pytest

from huiyin.matters.table import TRANSITIONS, Event, State
from huiyin.matters.transitions import GUARDS, page

DOCS = Path(__file__).parents[2] / "docs" / "reference"


@pytest.mark.parametrize(
    ("language", "name"), [("en", "transitions.md"), ("zh-hans", "transitions.zh.md")]
)
def test_the_page_is_what_the_table_says(language: str, name: str) -> None:
    written = (DOCS / name).read_text("utf-8")
    assert written == page(language), "run script/transitions"


def test_every_guard_has_words() -> None:
    used = {guard.__name__ for row in TRANSITIONS for guard in row.guards}
    assert used == set(GUARDS)


def test_every_state_and_every_step_is_on_the_page() -> None:
    said = page("en")
    for choice in (*State, *(event for event in Event if event != Event.OPEN)):
        assert f"`{choice.value}`" in said


def test_the_chinese_page_has_no_english_words_left() -> None:
    lines = [line for line in page("zh-hans").splitlines() if line.startswith("| ")]
    for line in lines:
        words = "".join(part for number, part in enumerate(line.split("`")) if number % 2 == 0)
        assert not any(sign.isascii() and sign.isalpha() for sign in words), line
