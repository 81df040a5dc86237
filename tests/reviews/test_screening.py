from __future__ import annotations

import pytest

from bench.screening import Sentence, sentences
from huiyin.reviews.screening import Finding, screen

KNOWN = ("欧阳小明", "13800001234", "33010619900101123X", "ZJ-2026-000117", "Anna Li")


@pytest.mark.parametrize(
    "text",
    [
        "请联系欧阳小明。",
        "欧 阳 小 明等了三个小时",
        "单号ＺＪ－２０２６－０００１１７还没有办好",
        "单号 zj2026000117",
        "打 138-0000 1234 找我",
        "打一三八〇零零零一二三四找我",
        "证号 33010619900101123x",
        "ask anna  li",
    ],
)
def test_what_is_known_is_found_however_it_is_written(text: str) -> None:
    assert Finding.KNOWN in screen(text, known=KNOWN)


@pytest.mark.parametrize(
    "text", ["等了三个小时，一二三号窗口都没有人。", "很好！", "", "二〇二六年十一月办的", "小明"]
)
def test_words_without_anybody_in_them_pass(text: str) -> None:
    assert screen(text, known=KNOWN) == []


@pytest.mark.parametrize(
    "text", ["一三九一二三四五六七八", "幺三九 一二三四 五六七八", "壹叁玖壹贰叁肆伍陆柒捌"]
)
def test_a_mobile_number_in_chinese_numerals_is_found(text: str) -> None:
    assert screen(text) == [Finding.PHONE]


def test_nothing_known_finds_nothing_known() -> None:
    assert screen("办得很快", known=("", " ")) == []


@pytest.mark.parametrize(
    "told", [one for one in sentences("personal.tsv") if one.kinds], ids=lambda one: one.text
)
def test_a_text_that_names_somebody_is_held_back(told: Sentence) -> None:
    assert screen(told.text)


def test_few_texts_are_held_back_for_nothing() -> None:
    plain = [one.text for one in sentences("personal.tsv") if not one.kinds]
    wrongly = [text for text in plain if screen(text)]
    assert len(plain) > 100
    assert len(wrongly) <= 2, wrongly


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("证号330106199013011234", Finding.IDENTITY),  # no such month: only digits
        ("编号900106199001011234", Finding.IDENTITY),  # no such province
    ],
)
def test_a_number_without_a_birthday_in_it_is_no_identity(text: str, finding: Finding) -> None:
    assert finding not in screen(text)


def test_a_number_whose_check_digit_is_wrong_still_names_somebody() -> None:
    assert Finding.IDENTITY in screen("证号330106199001011230")


@pytest.mark.parametrize("repeated", ["王", "张三的", "1-", "中山路", "高兴"])
def test_the_longest_text_takes_no_longer_for_being_odd(repeated: str) -> None:
    # A pattern that tries again from every character would never come back from this.
    screen((repeated * 2000)[:2000])
