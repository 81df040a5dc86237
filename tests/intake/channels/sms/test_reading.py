"""What a text message says as a rating, and what is no rating for sure."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huiyin.intake.channels.sms.reading import Rating, read

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("text", "level", "words"),
    [
        ("5", 5, ""),
        (" 5 ", 5, ""),
        ("５", 5, ""),
        ("⑤", 5, ""),
        ("5️⃣", 5, ""),
        ("五", 5, ""),
        ("伍", 5, ""),
        ("5分", 5, ""),
        ("五分", 5, ""),
        ("5星", 5, ""),
        ("五星好评", 5, "好评"),
        ("⭐⭐⭐", 3, ""),
        ("5。", 5, ""),
        ("“5”", 5, ""),
        ("评5分", 5, ""),
        ("我给4分", 4, ""),
        ("回复：3", 3, ""),
        ("满意", 4, ""),
        ("滿意", 4, ""),
        ("非常满意", 5, ""),
        ("基本满意", 3, ""),
        ("不满意", 2, ""),
        ("非常不满意！", 1, ""),
        ("Very satisfied", 5, ""),
        ("1 态度差", 1, "态度差"),
        ("1态度差", 1, "态度差"),
        ("1，态度差", 1, "态度差"),
        ("1.态度差", 1, "态度差"),
        ("１　排队两小时", 1, "排队两小时"),
        ("2分 太慢", 2, "太慢"),
        ("2:WiFi 连不上", 2, "WiFi 连不上"),
        ("5,2个窗口都很快", 5, "2个窗口都很快"),
        ("不满意，跑了三趟", 2, "跑了三趟"),
        ("1 不满意", 1, "不满意"),
        ("5 满意", 5, "满意"),
        ("\u200b4\u200b", 4, ""),
        ("1\n材料说不清\n还要再来", 1, "材料说不清\n还要再来"),
    ],
)
def test_a_rating_is_read_with_its_words(text: str, level: int, words: str) -> None:
    assert read(text) == Rating(level, words)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "6",
        "10分",
        "12345",
        "1-5",
        "1~5",
        "4或5",
        "4、5",
        "4/5",
        "3.5",
        "2个小时才办完",
        "3次都没办成",
        "3号窗口态度差",
        "5分钟就办好了",
        "1分钱没花",
        "5星期了",
        "4S店",
        "5G信号差",
        "一直没人接",
        "三个窗口",
        "三番五次",
        "满意吗",
        "满意度调查",
        "1 非常满意",
        "5 非常不满意",
        "谢谢",
        "不知道",
        "好",
        "https://example.com/5",
        "已收到，正在开会，稍后回复",
    ],
)
def test_what_may_mean_something_else_is_no_rating(text: str) -> None:
    assert read(text) is None


@given(st.text(max_size=400))
def test_any_text_gives_a_rating_or_nothing(text: str) -> None:
    found = read(text)
    assert found is None or (found.level in range(1, 6) and len(found.words) <= 20 * len(text))


@given(st.integers(1, 5), st.text(alphabet="态度差慢跑 ，。abc", min_size=1, max_size=60))
def test_the_words_are_the_citizens_own(level: int, words: str) -> None:
    found = read(f"{level} {words}")
    assert found is not None
    assert found.words in words


def test_a_very_long_message_is_read_quickly() -> None:
    found = read("1 " + "慢" * 17_000)
    assert found is not None
    assert len(found.words) == 17_000
