"""Tiles: 256 hashes each, and where they lie (C2SP tlog-tiles). Fetches only what a proof needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from huiyin.verify.merkle import Span, node_hash, split
from huiyin.verify.problems import BundleMalformed, TileMalformed

WIDTH = 256
HASH_BYTES = 32
# An entry's length is two bytes in its bundle.
MAX_ENTRY = 65535
MAX_TILE_BYTES = WIDTH * HASH_BYTES
MAX_BUNDLE_BYTES = WIDTH * (2 + MAX_ENTRY)
# A tile of level 7 already stands for 2⁶⁴ entries.
MAX_SIZE = 1 << 62

# Level, number and width (1 to 256) of a tile to its bytes.
Fetch = Callable[[int, int, int], bytes]


def path_of(level: int | str, number: int, width: int = WIDTH) -> str:
    """The address of a tile below the log's: ``tile/0/x001/234``; ``level`` may be ``entries``."""
    digits = f"{number:d}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    name = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
    partial = f".p/{width}" if width < WIDTH else ""
    return f"tile/{level}/{name}{partial}"


def width_of(level: int, number: int, size: int) -> int:
    """How many hashes the tile has in a tree of ``size`` entries; 0 when there is none."""
    return max(0, min(WIDTH, (size >> (8 * level)) - number * WIDTH))


def hashes_in(tile: bytes, width: int) -> list[bytes]:
    """The first ``width`` hashes of a tile. Raises ``TileMalformed``."""
    if len(tile) % HASH_BYTES or not width * HASH_BYTES <= len(tile) <= MAX_TILE_BYTES:
        raise TileMalformed(length=len(tile))
    return [tile[at : at + HASH_BYTES] for at in range(0, width * HASH_BYTES, HASH_BYTES)]


def entries_in(bundle: bytes, width: int) -> list[bytes]:
    """The first ``width`` entries of a bundle, each after its big-endian two-byte length.

    Raises ``BundleMalformed``.
    """
    entries, at = [], 0
    while at < len(bundle):
        start = at + 2
        at = start + int.from_bytes(bundle[at:start])
        if start > len(bundle) or at > len(bundle):
            raise BundleMalformed(length=len(bundle))
        entries.append(bundle[start:at])
    if not width <= len(entries) <= WIDTH:
        raise BundleMalformed(length=len(bundle))
    return entries[:width]


def fold(hashes: Sequence[bytes]) -> bytes:
    """The root over a power of two of neighbouring hashes."""
    level = list(hashes)
    while len(level) > 1:
        level = [node_hash(level[at], level[at + 1]) for at in range(0, len(level), 2)]
    return level[0]


class Tree:
    """The hashes of a tree of ``size`` entries, read from its tiles; each tile is fetched once."""

    def __init__(self, size: int, fetch: Fetch) -> None:
        self.size = size
        self._fetch = fetch
        self._tiles: dict[tuple[int, int], list[bytes]] = {}

    def hashes_of(self, spans: Sequence[Span]) -> list[bytes]:
        return [self.hash_of(span) for span in spans]

    def hash_of(self, span: Span) -> bytes:
        """The hash of a subtree of this tree."""
        start, end = span
        size = end - start
        if size & (size - 1) == 0 and start % size == 0:
            return self._node(size.bit_length() - 1, start // size)
        middle = start + split(size)
        return node_hash(self.hash_of((start, middle)), self.hash_of((middle, end)))

    def root(self) -> bytes:
        return self.hash_of((0, self.size))

    def _node(self, height: int, place: int) -> bytes:
        level, below = divmod(height, 8)
        number, first = divmod(place << below, WIDTH)
        hashes = self._tile(level, number)
        return fold(hashes[first : first + (1 << below)])

    def _tile(self, level: int, number: int) -> list[bytes]:
        key = (level, number)
        if key not in self._tiles:
            width = width_of(level, number, self.size)
            self._tiles[key] = hashes_in(self._fetch(level, number, width), width)
        return self._tiles[key]
