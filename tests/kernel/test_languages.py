from __future__ import annotations

import pytest

from huiyin.kernel import languages


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        (b"", "zh-hans"),
        (b"en-GB,en;q=0.8", "en"),
        (b"zh-CN", "zh-hans"),
        (b"xx, en;q=0.5", "en"),
        (b"\xff\x00", "zh-hans"),
        (b"en, " + b"x" * 10_000, "en"),
        (b"x" * 10_000 + b", en", "zh-hans"),
    ],
)
def test_the_language_is_the_one_that_is_asked_for(accepted: bytes, language: str) -> None:
    assert languages.asked_for(accepted) == language


def test_what_anybody_sends_is_not_remembered_at_any_length() -> None:
    languages._asked_for.cache_clear()
    for end in (b"a", b"b", b"c"):
        languages.asked_for(b"en, " + b"x" * 10_000 + end)
    assert languages._asked_for.cache_info().currsize == 1
