from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from huiyin.kernel import ids

codes = st.integers(min_value=4, max_value=20).map(ids.new_code)


def test_keys_grow_within_a_process() -> None:
    made = [ids.uuid7() for _ in range(5000)]
    assert made == sorted(made)
    assert {key.version for key in made} == {7}


def test_keys_as_text_are_the_same_keys() -> None:
    made = [ids.uuid7(), *map(UUID, ids.uuid7_texts(3)), ids.uuid7()]
    assert made == sorted(made)
    assert {key.version for key in made} == {7}


@given(codes)
def test_a_code_reads_as_it_was_given(code: str) -> None:
    assert ids.read_code(code) == code
    assert ids.read_code(ids.grouped(code).lower()) == code


@given(codes, st.data())
def test_any_single_wrong_character_is_found(code: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(code) - 1))
    wrong = data.draw(st.sampled_from(ids.ALPHABET.replace(code[place], "")))
    assert ids.read_code(code[:place] + wrong + code[place + 1 :]) is None


@given(codes, st.data())
def test_two_swapped_neighbours_are_found(code: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(code) - 2))
    swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    assert swapped == code or ids.read_code(swapped) is None


@given(st.text(max_size=30))
def test_any_text_reads_as_a_code_or_as_none(text: str) -> None:
    read = ids.read_code(text)
    assert read is None or ids.check_character(read[:-1]) == read[-1]


def test_confused_letters_are_read_as_digits() -> None:
    code = ids.code_from(bytes(32), 8)
    assert set(code) == {"0"}
    assert ids.read_code("oOoO-0000o") == code
