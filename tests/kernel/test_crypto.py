import pytest

from huiyin.kernel import crypto


def test_a_sealed_value_opens_for_its_purpose_and_owner() -> None:
    sealed = crypto.seal("13800000000", purpose="case.mobile", about=b"case-1")
    assert b"138" not in sealed
    assert crypto.unseal(sealed, purpose="case.mobile", about=b"case-1") == "13800000000"


@pytest.mark.parametrize(
    ("purpose", "about"), [("case.name", b"case-1"), ("case.mobile", b"case-2")]
)
def test_a_sealed_value_copied_elsewhere_does_not_open(purpose: str, about: bytes) -> None:
    sealed = crypto.seal("13800000000", purpose="case.mobile", about=b"case-1")
    with pytest.raises(crypto.SealBroken):
        crypto.unseal(sealed, purpose=purpose, about=about)


@pytest.mark.parametrize("place", [0, 1, 13, -1])
def test_an_altered_value_does_not_open(place: int) -> None:
    sealed = bytearray(crypto.seal("张三", purpose="case.name"))
    sealed[place] ^= 1
    with pytest.raises(crypto.SealBroken):
        crypto.unseal(bytes(sealed), purpose="case.name")


def test_equal_values_are_sealed_differently_but_found_by_the_same_hash() -> None:
    assert crypto.seal("a", purpose="p") != crypto.seal("a", purpose="p")
    assert crypto.lookup_hash("a", purpose="p") == crypto.lookup_hash("a", purpose="p")
    assert crypto.lookup_hash("a", purpose="p") != crypto.lookup_hash("a", purpose="q")
