"""SM2 against the standard's own example, somebody else's code, and everything that may be wrong.

The vectors of SM3 and SM4 are here, too: what the gateways use of both must be these algorithms.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import ECB
from hypothesis import given, settings
from hypothesis import strategies as st

from huiyin.dialects import sm2
from huiyin.dialects.sm2 import Key, Layout, NotDecryptable
from tests.dialects.curve import (
    GENERATOR,
    ORDER,
    PRIME,
    decrypt_by_the_book,
    encrypted_by_the_book,
    times,
)

pytestmark = pytest.mark.once

# GB/T 32918.5-2017 (GM/T 0003.5), annex C: the recommended curve.
PRIVATE = bytes.fromhex("3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8")
PUBLIC = bytes.fromhex(
    "09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
    "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
)
C1 = bytes.fromhex(
    "04EBFC718E8D1798620432268E77FEB6415E2EDE0E073C0F4F640ECD2E149A73"
    "E858F9D81E5430A57B36DAAB8F950A3C64E6EE6A63094D99283AFF767E124DF0"
)
C3 = bytes.fromhex("59983C18F809E262923C53AEC295D30383B54E39D609D160AFCB1908D0BD8766")
C2 = bytes.fromhex("21886CA989CA9C7D58087307CA93092D651EFA")
KEY = Key(PUBLIC, PRIVATE)
TEXT = b"encryption standard"


@pytest.mark.parametrize("lead", [b"\x04", b""])
@pytest.mark.parametrize("tail", [C3 + C2, C2 + C3])
def test_the_standards_example_is_read_in_each_layout(lead: bytes, tail: bytes) -> None:
    assert sm2.decrypt(lead + C1 + tail, KEY) == TEXT


def test_the_public_key_follows_from_the_private_one() -> None:
    assert Key.of_private(PRIVATE) == KEY
    assert KEY.public_hex == "04" + PUBLIC.hex()
    assert PRIVATE.hex() not in repr(KEY)


@pytest.mark.parametrize("private", [b"", bytes(32), ORDER.to_bytes(32), (ORDER - 1).to_bytes(32)])
def test_what_is_no_private_key_is_refused(private: bytes) -> None:
    with pytest.raises(ValueError, match="private key"):
        Key.of_private(private)


@settings(max_examples=40, deadline=None)
@given(st.binary(min_size=1, max_size=3000), st.sampled_from(Layout), st.booleans())
def test_what_is_encrypted_is_decrypted(text: bytes, layout: Layout, lead: bool) -> None:
    cipher = sm2.encrypt(text, KEY, layout=layout, lead=lead)

    assert len(cipher) == 64 + 32 + len(text) + lead
    assert sm2.decrypt(cipher, KEY) == text


def test_arithmetic_by_the_book_reads_what_we_encrypt() -> None:
    key = sm2.generate()
    x, y = times(int.from_bytes(key.private), GENERATOR)

    assert key.public == x.to_bytes(32) + y.to_bytes(32)
    assert decrypt_by_the_book(sm2.encrypt(TEXT, key), key.private) == TEXT


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 64 + 32 + len(TEXT) - 1), st.integers(1, 255))
def test_one_altered_byte_is_enough(place: int, by: int) -> None:
    altered = bytearray(C1 + C3 + C2)
    altered[place] ^= by
    with pytest.raises(NotDecryptable):
        sm2.decrypt(bytes(altered), KEY)


def test_a_level_cannot_be_changed_without_the_key() -> None:
    # Who knows the text can flip it in C2; only C3 tells.
    cipher = bytearray(sm2.encrypt(b'{"satisfaction":"1"}', KEY))
    cipher[-3] ^= ord("1") ^ ord("5")
    with pytest.raises(NotDecryptable):
        sm2.decrypt(bytes(cipher), KEY)


@pytest.mark.parametrize(
    "point",
    [
        bytes(64),
        C1[:63] + bytes((C1[63] ^ 1,)),
        PRIME.to_bytes(32) + C1[32:],
        b"\xff" * 64,
        (0).to_bytes(32) + (1).to_bytes(32),
    ],
)
def test_a_point_off_the_curve_is_refused(point: bytes) -> None:
    with pytest.raises(NotDecryptable):
        sm2.decrypt(point + C3 + C2, KEY)


def test_a_point_of_another_curve_is_refused_even_with_a_hash_that_fits() -> None:
    # The formulas do not ask which curve a point is of: answers to such texts give the key away.
    forged = encrypted_by_the_book(TEXT, (2, 3), PRIVATE)

    assert decrypt_by_the_book(forged, PRIVATE) == TEXT
    with pytest.raises(NotDecryptable):
        sm2.decrypt(forged, KEY)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_no_ciphertext(cipher: bytes) -> None:
    with pytest.raises(NotDecryptable):
        sm2.decrypt(cipher, KEY)


def test_all_lengths_are_refused_in_one_way() -> None:
    whole = C1 + C3 + C2
    for length in range(len(whole)):
        with pytest.raises(NotDecryptable) as refusal:
            sm2.decrypt(whole[:length], KEY)
        assert not refusal.value.args


def test_another_key_does_not_open_it() -> None:
    with pytest.raises(NotDecryptable):
        sm2.decrypt(sm2.encrypt(TEXT, sm2.generate()), KEY)


def test_a_key_that_is_no_point_or_no_pair_is_refused() -> None:
    with pytest.raises(ValueError, match="key"):
        sm2.encrypt(TEXT, Key(C1[:63] + b"\x00"))
    with pytest.raises(ValueError, match="key"):
        sm2.decrypt(C1 + C3 + C2, Key(PUBLIC, (7).to_bytes(32)))


def test_bytes_come_in_hexadecimal_of_either_case_and_in_base64() -> None:
    cipher = b"\x04" + C1 + C3 + C2
    plus = base64.b64encode(cipher).decode()
    ways = (
        cipher.hex(),
        cipher.hex().upper(),
        f" {cipher.hex()}\n",
        plus,
        plus.replace("+", " "),
        plus.rstrip("="),
        base64.urlsafe_b64encode(cipher).decode(),
        base64.encodebytes(cipher).decode(),
    )
    assert {sm2.decode(one) for one in ways} == {cipher}


@given(st.text(max_size=200))
def test_any_text_is_bytes_or_refused(text: str) -> None:
    with contextlib.suppress(NotDecryptable):
        assert isinstance(sm2.decode(text), bytes)


def test_asn1_as_openssl_writes_it_is_read() -> None:
    der = bytes.fromhex("3079 0220".replace(" ", ""))
    der += C1[:32] + bytes.fromhex("022100") + C1[32:]
    der += b"\x04\x20" + C3 + bytes((4, len(C2))) + C2
    assert sm2.decrypt(bytes((0x30, len(der) - 2)) + der[2:], KEY) == TEXT


def test_sm3_is_that_of_the_standard() -> None:
    digest = hashlib.new("sm3")
    digest.update(b"abc")
    assert digest.hexdigest() == (
        "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    )
    digest = hashlib.new("sm3")
    digest.update(b"abcd" * 16)
    assert digest.hexdigest() == (
        "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"
    )


def test_sm4_is_that_of_the_standard() -> None:
    block = bytes.fromhex("0123456789abcdeffedcba9876543210")
    encryptor = Cipher(SM4(block), ECB()).encryptor()  # noqa: S305 - one block
    assert encryptor.update(block).hex() == "681edf34d206965e86b3e94f536e4246"
