"""The Merkle tree: against the definition of RFC 6962, and proofs that prove nothing else."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huiyin.log import tree
from huiyin.log.tree import Edge, Inconsistent

pytestmark = pytest.mark.once

leaves_of = st.lists(st.binary(min_size=32, max_size=32), max_size=70)


def defined(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962 §2.1, word for word, over leaf hashes."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    left, right = defined(leaves[:split]), defined(leaves[split:])
    return hashlib.sha256(b"\x01" + left + right).digest()


def numbered(count: int) -> list[bytes]:
    return [hashlib.sha256(b"\x00%d" % number).digest() for number in range(count)]


@given(leaves_of)
def test_the_root_is_the_one_that_is_defined(leaves) -> None:
    assert tree.root(leaves) == defined(leaves)


@given(leaves_of, st.data())
def test_an_edge_goes_on_where_it_was_left(leaves, data) -> None:
    cut = data.draw(st.integers(0, len(leaves)))
    edge = Edge()
    edge.extend(leaves[:cut])
    later = Edge.from_bytes(edge.size, edge.to_bytes())
    later.extend(leaves[cut:])
    assert (later.size, later.root()) == (len(leaves), defined(leaves))
    assert len(later.peaks) == len(leaves).bit_count()


def test_an_edge_of_another_size_is_refused() -> None:
    edge = Edge()
    edge.extend(numbered(5))
    with pytest.raises(Inconsistent):
        Edge.from_bytes(6 + 1, edge.to_bytes())
    with pytest.raises(Inconsistent):
        Edge.from_bytes(5, edge.to_bytes()[:-1])


@given(st.integers(1, 70), st.data())
def test_an_inclusion_proof_leads_to_the_root_from_its_own_leaf_and_place_alone(size, data) -> None:
    leaves = numbered(size)
    index = data.draw(st.integers(0, size - 1))
    proof = tree.inclusion_proof(leaves, index)
    assert tree.root_from_inclusion(leaves[index], index, size, proof) == defined(leaves)
    other = data.draw(st.integers(0, size - 1).filter(lambda place: place != index) | st.none())
    if other is not None and size > 1:
        assert tree.root_from_inclusion(leaves[other], index, size, proof) != defined(leaves)
    for wrong in ([*proof, bytes(32)], proof[:-1]):
        if wrong != proof:
            with pytest.raises(Inconsistent):
                tree.root_from_inclusion(leaves[index], index, size, wrong)


@given(st.integers(0, 70), st.data())
def test_a_consistency_proof_joins_two_states_and_no_others(size, data) -> None:
    leaves = numbered(size)
    old_size = data.draw(st.integers(0, size))
    proof = tree.consistency_proof(leaves, old_size)
    old, new = defined(leaves[:old_size]), defined(leaves)
    tree.check_consistency(old_size, old, size, new, proof)
    if 0 < old_size < size:
        for wrong in (
            (old_size, bytes(32), size, new, proof),
            (old_size, old, size, bytes(32), proof),
            (old_size, old, size, new, [*proof, bytes(32)]),
            (old_size, old, size, new, proof[:-1]),
        ):
            with pytest.raises(Inconsistent):
                tree.check_consistency(*wrong)
    if old_size == size and size:
        with pytest.raises(Inconsistent):
            tree.check_consistency(size, old, size, bytes(32), [])


def test_what_is_not_in_the_tree_has_no_proof() -> None:
    with pytest.raises(IndexError):
        tree.inclusion_proof(numbered(3), 3)
    with pytest.raises(IndexError):
        tree.consistency_proof(numbered(3), 4)
    with pytest.raises(Inconsistent):
        tree.root_from_inclusion(bytes(32), 3, 3, [])
    with pytest.raises(Inconsistent, match="shrunk"):
        tree.check_consistency(4, bytes(32), 3, bytes(32), [])
