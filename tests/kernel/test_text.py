import pytest

from huiyin.kernel.text import is_printable


@pytest.mark.parametrize("text", ["您好", "a\nb\tc\r\n", "👩‍👧", "𠮷", ""])
def test_what_people_write_is_printable(text: str) -> None:
    assert is_printable(text)


@pytest.mark.parametrize("text", ["a\x00b", "\x1b[31m", "\x7f", "\ud800"])
def test_what_cannot_be_shown_is_not(text: str) -> None:
    assert not is_printable(text)
