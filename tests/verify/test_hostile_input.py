"""Whatever a file or a server says, the answer is a named problem and never a traceback."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from huiyin.verify import keyring, memory, notes, receipt, tiles, witness
from huiyin.verify.problems import Exit, Problem
from huiyin.verify.proving import Proof, prove
from huiyin.verify.receipt import read_receipt
from huiyin.verify.remote import Log, read_json
from huiyin.verify.words import WORDS, clean
from tests.verify.small_log import NOW, SmallLog

pytestmark = pytest.mark.once

SOME = SmallLog()
SOME.add(300)
SOME.rotate()
RECEIPT = SOME.receipt(3)

_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)
_near_json = st.binary(max_size=200) | _json.map(lambda value: json.dumps(value).encode())


def is_named(run: Callable[[], Any]) -> None:
    """Either it works, or a problem with a sentence of its own says why."""
    try:
        run()
    except Problem as problem:
        for sentence in WORDS[problem.code].values():
            sentence.format(**problem.params)


@given(_near_json)
@example(b"[" * 100_000)
@example(b'{"accepted_at": "' + b"9" * 5000)
@example(b"9" * 5000)
@example(json.dumps(RECEIPT | {"accepted_at": "0001-01-01T00:00:00+14:00"}).encode())
@example(json.dumps(RECEIPT | {"accepted_at": "9999-12-31T23:59:59-14:00"}).encode())
@example(json.dumps(RECEIPT).replace("\\u", "\\ud8").encode())
def test_a_receipt(written: bytes) -> None:
    is_named(lambda: read_receipt(written))


@given(st.sampled_from(sorted(RECEIPT)), _json)
@example("promise", "\ud800")
@example("text", "\ud800")
def test_a_receipt_with_one_strange_member(member: str, value: object) -> None:
    def check() -> None:
        written = json.dumps(RECEIPT | {member: value}).encode()
        _prove_offline(written)

    is_named(check)


@given(st.integers(0, len(RECEIPT["promise"])), st.text(max_size=3))
@settings(max_examples=300)
def test_a_promise_with_something_put_in(place: int, more: str) -> None:
    promise = RECEIPT["promise"][:place] + more + RECEIPT["promise"][place + 1 :]
    is_named(lambda: receipt.read_promise(promise))


@given(st.text() | st.text(alphabet="— \n+=ab0"))
@example("a\n0\n\n\n")
@example("a\n1\n" + "A" * 44 + "\n\n— a AAAAAAAA\n")
def test_a_note_and_a_checkpoint(text: str) -> None:
    is_named(lambda: notes.read_note(text))
    is_named(lambda: notes.read_checkpoint(text))
    is_named(lambda: notes.read_vkey(text))
    is_named(lambda: notes.read_vkey(f"a+00000000+{text}"))


@given(_json)
def test_a_list_of_keys(document: object) -> None:
    is_named(lambda: keyring.read_keys(document, anchors=None))
    is_named(lambda: keyring.read_keys({"origin": "a", "keys": [document]}, anchors=["a+b+c"]))
    is_named(lambda: keyring.read_keys({"origin": "a", "keys": document}, anchors=None))


@given(st.binary(max_size=700), st.integers(1, 256))
def test_a_tile_and_a_bundle(body: bytes, width: int) -> None:
    is_named(lambda: tiles.hashes_in(body, width))
    is_named(lambda: tiles.entries_in(body, width))


@given(_near_json)
def test_an_answer(body: bytes) -> None:
    is_named(lambda: read_json(body, "http://a/"))


@given(_near_json)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_memory_and_a_key_file(tmp_path: Path, written: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(written)
    path.chmod(0o600)
    is_named(lambda: memory.recall(path))
    is_named(lambda: witness.load_or_make(path, name=None, tell=lambda *_, **__: None))


class _Twisted(Log):
    """The small log with one answer replaced."""

    def __init__(self, path: str, body: bytes) -> None:
        super().__init__("http://localhost/log")
        self._files = SOME.files | {path: body}

    def _get(self, path: str, limit: int) -> bytes:
        return self._files[f"/log/{path}"]

    def find(self, leaf_hash: bytes) -> int | None:
        body = self._files.get(f"/log/find/{leaf_hash.hex()}")
        return None if body is None else json.loads(body)["index"]

    def _tile(self, level: int | str, number: int, width: int, limit: int) -> bytes:
        return self._files[f"/log/{tiles.path_of(level, number, width)}"]


def _prove_offline(written: bytes) -> None:
    prove(Proof(), receipt=read_receipt(written), log=_Twisted("", b""), now=NOW)


def test_the_twisted_log_is_fine_untwisted() -> None:
    proof = Proof()
    given_back = read_receipt(json.dumps(RECEIPT).encode())
    prove(proof, receipt=given_back, log=_Twisted("", b""), now=NOW)
    assert proof.index == 3


@pytest.mark.parametrize("path", ["/log/checkpoint", "/log/keys", "/log/tile/0/000"])
def test_one_bit_of_a_served_file(path: str) -> None:
    whole, exits = SOME.files[path], set()
    for place in range(0, len(whole), 1 + len(whole) // 200):
        twisted = whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
        proof = Proof()
        try:
            written = read_receipt(json.dumps(RECEIPT).encode())
            prove(proof, receipt=written, log=_Twisted(path, twisted), now=NOW)
        except Problem as problem:
            exits.add(problem.exit)
        else:
            # Not every bit matters to this proof: hashes of other places, one signature of two.
            assert proof.index == 3
    assert exits
    assert exits <= {Exit.LOG_WRONG, Exit.RECEIPT_WRONG}


@given(st.text())
def test_what_others_wrote_stays_one_harmless_line(text: str) -> None:
    assert clean(text).isprintable()


def _all_problems(of: type[Problem] = Problem) -> set[str]:
    codes = {of.code} if not of.__subclasses__() else set()
    return codes.union(*(_all_problems(one) for one in of.__subclasses__()))


def test_every_problem_has_its_sentence_in_both_languages() -> None:
    assert _all_problems() <= WORDS.keys()
    for said in WORDS.values():
        assert set(said) == {"en", "zh"}
        assert all(said.values())
