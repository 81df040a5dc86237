import pytest

from huiyin.kernel.text import is_blank, is_printable


@pytest.mark.parametrize("text", ["您好", "a\nb\tc\r\n", "👩‍👧", "𠮷", ""])
def test_what_people_write_is_printable(text: str) -> None:
    assert is_printable(text)


@pytest.mark.parametrize(
    "text", ["a\x00b", "\x1b[31m", "\x7f", "\ud800", "a\u202eb", "\u2067a\u2069"]
)
def test_what_cannot_be_shown_is_not(text: str) -> None:
    assert not is_printable(text)


@pytest.mark.parametrize(
    "text",
    ["", " \n\u3000", "\u200b\u200d\ufeff", "\u2060", "\u3164", "\ufe0f", "\u0301", "\u2800"],
)
def test_what_nobody_can_see_is_blank(text: str) -> None:
    assert is_blank(text)


@pytest.mark.parametrize("text", ["好", ".", "👩‍👧", " a ", "\u200b1"])
def test_what_somebody_can_see_is_not(text: str) -> None:
    assert not is_blank(text)
