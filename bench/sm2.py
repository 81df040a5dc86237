"""What SM2 costs: one decryption in each layout that clients write, beside a key agreement on P-256
by the ``cryptography`` library in the same run.

Where other libraries are installed (``gmssl``, ``gmssl_pyx``, ``pysmx``), they decrypt the same
text, and it is said whether they notice an altered level and a point off the curve.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from functools import partial

from cryptography.hazmat.primitives.asymmetric import ec

from bench.setting import Figures
from huiyin.dialects import sm2
from huiyin.dialects.sm2 import Key, Layout
from tests.dialects import curve

ROUNDS, QUICK_ROUNDS = 2000, 200
# A sign, an event, and a list of a hundred events.
SIZES = (50, 1200, 120_000)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the rounds")
    parser.add_argument("--json", action="store_true", help="one line of JSON for each figure")
    chosen = parser.parse_args(sys.argv[1:])
    figures = Figures("sm2", as_json=chosen.json)
    rounds = QUICK_ROUNDS if chosen.quick else ROUNDS
    reference = _microseconds(_agreement(), rounds)
    figures.say("P-256 key agreement (cryptography)", reference, "µs")
    key = sm2.generate()
    for size in SIZES:
        text = b"x" * size
        for layout in Layout:
            cipher = sm2.encrypt(text, key, layout=layout)
            spent = _microseconds(partial(sm2.decrypt, cipher, key), max(rounds * 50 // size, 50))
            figures.say(
                f"decrypt {size:,} bytes, {layout}",
                spent,
                "µs",
                times_the_key_agreement=round(spent / reference, 1),
            )
    spent = _microseconds(lambda: sm2.encrypt(b"x" * 50, key), rounds)
    figures.say("encrypt 50 bytes", spent, "µs")
    refused = sm2.encrypt(b"x" * 50, key)[:-1] + b"\x00"
    spent = _microseconds(lambda: _refused(refused, key), rounds)
    figures.say("refuse an altered text of 50 bytes", spent, "µs")
    _others(figures, key, rounds)


def _agreement() -> Callable[[], object]:
    own = ec.generate_private_key(ec.SECP256R1())
    other = ec.generate_private_key(ec.SECP256R1()).public_key()
    return lambda: own.exchange(ec.ECDH(), other)


def _microseconds(work: Callable[[], object], rounds: int) -> float:
    work()
    begun = time.perf_counter()
    for _round in range(rounds):
        work()
    return (time.perf_counter() - begun) / rounds * 1e6


def _refused(cipher: bytes, key: Key) -> None:
    try:
        sm2.decrypt(cipher, key)
    except sm2.NotDecryptable:
        return
    raise AssertionError("an altered text was read")


def _others(figures: Figures, key: Key, rounds: int) -> None:
    text = b'{"satisfaction":"1"}' + b" " * 30
    cipher = sm2.encrypt(text, key)
    altered = bytearray(cipher)
    altered[97 + 17] ^= ord("1") ^ ord("5")
    # The formulas for adding points do not ask which curve a point is of: with such a text, and a
    # few more, whoever is answered finds out the private key.
    off = curve.encrypted_by_the_book(text, (2, 3), key.private)
    for name, decrypt in _libraries(key):
        spent = _microseconds(partial(decrypt, cipher), max(rounds // 20, 5))
        notices = {
            "altered level": _told(decrypt, bytes(altered)),
            "point off the curve": _told(decrypt, off),
        }
        figures.say(f"{name}: decrypt 50 bytes", spent, "µs", **notices)


def _asn1(cipher: bytes) -> bytes:
    return sm2._der(cipher[1:33], cipher[33:65], cipher[65:97], cipher[97:])


def _told(decrypt: Callable[[bytes], bytes | None], cipher: bytes) -> str:
    """What a library makes of a text that was altered."""
    try:
        read = decrypt(cipher)
    except Exception as error:
        return f"refused ({type(error).__name__})"
    return f"read as {read[:20]!r}" if read else "refused"


def _libraries(key: Key) -> list[tuple[str, Callable[[bytes], bytes | None]]]:
    found: list[tuple[str, Callable[[bytes], bytes | None]]] = []
    try:
        from gmssl.sm2 import CryptSM2
    except ImportError:
        pass
    else:
        crypt = CryptSM2(key.private.hex(), key.public.hex(), mode=1)
        found.append(("gmssl", lambda cipher: crypt.decrypt(cipher[1:])))
    try:
        import gmssl_pyx
    except ImportError:
        pass
    else:
        found.append(
            (
                "gmssl_pyx",
                lambda cipher: gmssl_pyx.sm2_decrypt(key.private, _asn1(cipher)),
            )
        )
    try:
        from pysmx.SM2 import Decrypt
    except ImportError:
        pass
    else:
        found.append(
            (
                "pysmx",
                lambda cipher: Decrypt(cipher[1:], key.private.hex(), 64, mode="C1C3C2"),
            )
        )
    return found


if __name__ == "__main__":
    main()
