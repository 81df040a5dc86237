from __future__ import annotations

import pytest

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
