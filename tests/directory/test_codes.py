from string import ascii_uppercase, digits

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from huiyin.directory import codes

bodies = st.text(codes.USCC_ALPHABET, min_size=17, max_size=17)


@given(bodies, st.integers(0, 17), st.sampled_from(digits + ascii_uppercase))
def test_every_single_wrong_character_in_a_credit_code_is_found(
    body: str, place: int, character: str
) -> None:
    code = body + codes.uscc_check_character(body)
    altered = code[:place] + character + code[place + 1 :]

    assert codes.is_uscc(code)
    assert codes.is_uscc(altered) == (altered == code)


@pytest.mark.parametrize(
    "code",
    ["91330000000000000", "913300000000000001", "91350100M000100Y43 ", "91350100m000100y43", ""],
)
def test_what_is_not_a_credit_code_is_refused(code: str) -> None:
    with pytest.raises(ValidationError):
        codes.validate_uscc(code)


def test_the_examples_of_the_standards_check() -> None:
    assert codes.is_uscc("91350100M000100Y43")  # GB 32100-2015
    assert codes.organisation_code_check_character("D2143569") == "X"  # GB 11714-1997


@pytest.mark.parametrize(
    ("code", "lineage"),
    [
        ("330000000000", ["330000000000"]),
        ("330110000000", ["330000000000", "330100000000", "330110000000"]),
        ("331000000000", ["330000000000", "331000000000"]),
        (
            "330106010000",
            ["330000000000", "330100000000", "330106000000", "330106010000"],
        ),
    ],
)
def test_a_division_code_spells_out_the_divisions_above(code: str, lineage: list[str]) -> None:
    assert codes.region_lineage(code) == lineage


def test_six_digits_and_twelve_name_the_same_division() -> None:
    assert codes.twelve_digits("330106") == codes.twelve_digits("330106000000") == "330106000000"
    assert codes.twelve_digits("33010") is None
    assert codes.twelve_digits("３３０１０６") is None


@pytest.mark.parametrize(
    ("code", "uscc"),
    [
        ("91350100M000100Y43", "91350100M000100Y43"),
        ("330106000000_91350100M000100Y43", "91350100M000100Y43"),
        ("330106_91350100M000100Y43", None),
        ("330106000000_91350100M000100Y44", None),
        ("_91350100M000100Y43", None),
        ("", None),
    ],
)
def test_an_organisation_is_named_by_its_code_alone_or_after_an_area(
    code: str, uscc: str | None
) -> None:
    assert codes.organisation_in(code) == uscc


def test_a_handling_suffix_does_not_make_another_item() -> None:
    item = "11330106XXXX0007X14330131001000"

    assert codes.item_code(item) == codes.item_code(item.lower() + "01") == item
    assert codes.item_code(item[:30]) is None
