"""The Merkle tree over the log's entries (RFC 6962 §2.1). Pure: no database, no Django.

A tree that only grows is known by its *edge*: the roots of the perfect subtrees that its size
splits into, the largest (leftmost) first; at most 64 hashes, whatever the size. From the edge and
new leaves follow the new edge and the new root, without a look at any older leaf.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()

_sha256 = hashlib.sha256


class Inconsistent(ValueError):
    """Hashes that do not belong together: a proof that proves nothing, an edge of another size."""


def parent(left: bytes, right: bytes) -> bytes:
    """The hash of the node above ``left`` and ``right``."""
    return _sha256(b"\x01" + left + right).digest()


class Edge:
    """The right edge of a growing tree: its ``size`` and ``peaks``."""

    def __init__(self, size: int = 0, peaks: Iterable[bytes] = ()) -> None:
        """Raises ``Inconsistent`` when a tree of ``size`` has another number of peaks."""
        self.size = size
        self.peaks = list(peaks)
        if len(self.peaks) != size.bit_count():
            raise Inconsistent(f"a tree of {size} leaves has {size.bit_count()} peaks")

    @classmethod
    def from_bytes(cls, size: int, stored: bytes) -> Edge:
        """The edge that ``to_bytes`` wrote."""
        if len(stored) % HASH_BYTES:
            raise Inconsistent("an edge is made of whole hashes")
        places = range(0, len(stored), HASH_BYTES)
        return cls(size, [stored[place : place + HASH_BYTES] for place in places])

    def to_bytes(self) -> bytes:
        return b"".join(self.peaks)

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Append leaf hashes in their order."""
        peaks, size = self.peaks, self.size
        for leaf in leaves:
            peaks.append(leaf)
            size += 1
            # Each trailing zero of the new size is a pair of equal subtrees that became one.
            merged = size
            while not merged & 1:
                right, left = peaks.pop(), peaks.pop()
                peaks.append(_sha256(b"\x01" + left + right).digest())
                merged >>= 1
        self.size = size

    def root(self) -> bytes:
        """The Merkle tree hash of all leaves so far."""
        if not self.peaks:
            return EMPTY_ROOT
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = parent(peak, root)
        return root


def root(leaves: Sequence[bytes]) -> bytes:
    """The Merkle tree hash of ``leaves`` (leaf hashes)."""
    edge = Edge()
    edge.extend(leaves)
    return edge.root()


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The audit path of the leaf at ``index`` in the tree of ``leaves``, from the leaf upwards.

    Raises ``IndexError`` when there is no such leaf.
    """
    if not 0 <= index < len(leaves):
        raise IndexError(index)
    if len(leaves) == 1:
        return []
    split = _split(len(leaves))
    if index < split:
        return [*inclusion_proof(leaves[:split], index), root(leaves[split:])]
    return [*inclusion_proof(leaves[split:], index - split), root(leaves[:split])]


def consistency_proof(leaves: Sequence[bytes], old_size: int) -> list[bytes]:
    """What shows that the tree of the first ``old_size`` leaves is a prefix of that of all.

    Raises ``IndexError`` when ``old_size`` is larger than the tree.
    """
    if not 0 <= old_size <= len(leaves):
        raise IndexError(old_size)
    if old_size in {0, len(leaves)}:
        return []
    return _subproof(leaves, old_size, whole=True)


def _subproof(leaves: Sequence[bytes], old_size: int, *, whole: bool) -> list[bytes]:
    if old_size == len(leaves):
        return [] if whole else [root(leaves)]
    split = _split(len(leaves))
    if old_size <= split:
        return [*_subproof(leaves[:split], old_size, whole=whole), root(leaves[split:])]
    return [*_subproof(leaves[split:], old_size - split, whole=False), root(leaves[:split])]


def root_from_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    """The root that ``proof`` leads to from ``leaf`` (RFC 9162 §2.1.3.2).

    Raises ``Inconsistent`` when the proof is not of the length that such a tree asks for.
    """
    if not 0 <= index < size:
        raise Inconsistent(f"a tree of {size} leaves has none at {index}")
    place, last, reached = index, size - 1, leaf
    for node in proof:
        if last == 0:
            raise Inconsistent("the proof is too long")
        if place & 1 or place == last:
            reached = parent(node, reached)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            reached = parent(reached, node)
        place, last = place >> 1, last >> 1
    if last:
        raise Inconsistent("the proof is too short")
    return reached


def check_consistency(
    old_size: int, old_root: bytes, size: int, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Raises ``Inconsistent`` unless ``proof`` shows that the old tree is a prefix of the new one
    (RFC 9162 §2.1.4.2)."""
    if old_size > size:
        raise Inconsistent("the tree has shrunk")
    if old_size in {0, size}:
        if proof or (old_size == size and old_root != new_root):
            raise Inconsistent("trees of the same size differ")
        return
    nodes = list(proof)
    if old_size & (old_size - 1) == 0:
        nodes.insert(0, old_root)
    if not nodes:
        raise Inconsistent("the proof is empty")
    place, last = old_size - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = nodes[0]
    for node in nodes[1:]:
        if last == 0:
            raise Inconsistent("the proof is too long")
        if place & 1 or place == last:
            old, new = parent(node, old), parent(node, new)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            new = parent(new, node)
        place, last = place >> 1, last >> 1
    if last or old != old_root or new != new_root:
        raise Inconsistent("the proof does not lead from one root to the other")


def _split(size: int) -> int:
    """The largest power of two below ``size`` (at least 2)."""
    return 1 << ((size - 1).bit_length() - 1)
