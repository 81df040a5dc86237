"""Proofs against RFC 6962's definition of a tree, for every small size."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huiyin.verify import merkle, tiles
from huiyin.verify.tiles import Tree
from tests.verify.small_log import root_of

pytestmark = pytest.mark.once

LEAVES = [hashlib.sha256(bytes([place % 256, place // 256])).digest() for place in range(600)]


def hash_of(span: tuple[int, int]) -> bytes:
    return root_of(LEAVES[span[0] : span[1]])


@pytest.mark.parametrize("size", range(1, 34))
def test_every_entry_is_included_and_no_other(size: int) -> None:
    root = root_of(LEAVES[:size])
    for index in range(size):
        proof = [hash_of(span) for span in merkle.inclusion_spans(index, size)]
        assert merkle.root_from_inclusion(LEAVES[index], index, size, proof) == root
        for wrong in {(index + 1) % size, size // 2} - {index}:
            assert merkle.root_from_inclusion(LEAVES[index], wrong, size, proof) != root
        assert merkle.root_from_inclusion(LEAVES[index], index, size, [*proof, root]) is None
        if proof:
            assert merkle.root_from_inclusion(LEAVES[index], index, size, proof[:-1]) is None


@pytest.mark.parametrize("new", range(1, 34))
def test_every_earlier_tree_is_the_beginning_and_no_other(new: int) -> None:
    root = root_of(LEAVES[:new])
    for old in range(1, new + 1):
        before = root_of(LEAVES[:old])
        proof = [hash_of(span) for span in merkle.consistency_spans(old, new)]
        assert merkle.is_consistent(old, before, new, root, proof)
        assert not merkle.is_consistent(old, bytes(32), new, root, proof)
        assert not merkle.is_consistent(old, before, new, bytes(32), proof)
        if old < new:
            assert not merkle.is_consistent(old, before, new, root, [*proof, root])
            assert not merkle.is_consistent(old, before, new, root, proof[:-1])


def test_the_empty_tree_begins_every_tree() -> None:
    assert merkle.is_consistent(0, merkle.EMPTY_ROOT, 3, root_of(LEAVES[:3]), [])
    assert not merkle.is_consistent(0, bytes(32), 3, root_of(LEAVES[:3]), [])


@given(st.integers(1, 600), st.data())
def test_subtrees_come_out_of_the_tiles(size: int, data: st.DataObject) -> None:
    def fetch(level: int, number: int, width: int) -> bytes:
        hashes = LEAVES[:size]
        for _ in range(level):
            hashes = [root_of(hashes[at : at + 256]) for at in range(0, len(hashes) & ~255, 256)]
        assert 1 <= width <= 256
        return b"".join(hashes[number * 256 :][:width])

    tree = Tree(size, fetch)
    assert tree.root() == root_of(LEAVES[:size])
    index = data.draw(st.integers(0, size - 1))
    for span in merkle.inclusion_spans(index, size):
        assert tree.hash_of(span) == hash_of(span)


def test_addresses_of_tiles_are_as_the_format_says() -> None:
    assert tiles.path_of(0, 0) == "tile/0/000"
    assert tiles.path_of(2, 1234067) == "tile/2/x001/x234/067"
    assert tiles.path_of("entries", 1000, 7) == "tile/entries/x001/000.p/7"
