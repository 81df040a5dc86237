"""Names and contents of the log's static files (C2SP tlog-tiles). Pure: no database, no Django.

A tile holds up to 256 hashes of one level side by side: leaf hashes at level 0, and above it the
roots of full tiles. An entry bundle holds the entries whose leaf hashes are in the tile of the same
index at level 0. A name once written always stands for the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from huiyin.log import tree

WIDTH = 256
HEIGHT = 8  # levels of the tree that one tile spans
ENTRIES = "entries"
MAX_ENTRY_BYTES = 0xFFFF

# Only what ``path`` writes: digits without signs, no zero too many, nothing that climbs. A tree of
# 2⁶⁴ leaves has fewer than 10¹⁸ tiles at a level; longer names would be too long for the disk.
PATTERN = r"(?:entries|[0-9]|[1-5][0-9]|6[0-3])/(?:x[0-9]{3}/){0,5}[0-9]{3}(?:\.p/[1-9][0-9]{0,2})?"
_parts = re.compile(r"(?P<level>[^/]+)/(?P<index>(?:x\d{3}/)*\d{3})(?:\.p/(?P<width>\d+))?")
_well_formed = re.compile(PATTERN, re.ASCII)


class NotATile(ValueError):
    """A name or contents that no tile has."""


@dataclass(frozen=True, slots=True)
class Tile:
    """Which file: ``level`` (None for an entry bundle), ``index``, and how many it holds."""

    level: int | None
    index: int
    width: int = WIDTH

    @property
    def is_full(self) -> bool:
        return self.width == WIDTH

    @property
    def path(self) -> str:
        """The name below ``tile/``: ``0/x001/x234/067``, ``entries/000.p/17``."""
        groups: list[str] = []
        rest = self.index
        while True:
            rest, group = divmod(rest, 1000)
            groups.append(f"x{group:03d}" if groups else f"{group:03d}")
            if not rest:
                break
        level = ENTRIES if self.level is None else str(self.level)
        partial = "" if self.is_full else f".p/{self.width}"
        return f"{level}/{'/'.join(reversed(groups))}{partial}"

    def full(self) -> Tile:
        """The full tile that this one grows into."""
        return Tile(self.level, self.index)


def parse(path: str) -> Tile:
    """The tile whose ``path`` this is. Raises ``NotATile`` for any other spelling."""
    found = _parts.fullmatch(path)
    if not (_well_formed.fullmatch(path) and found):
        raise NotATile(path)
    groups = found["index"].replace("x", "").split("/")
    tile = Tile(
        None if found["level"] == ENTRIES else int(found["level"]),
        int("".join(groups)),
        int(found["width"] or WIDTH),
    )
    # A width of 256 and more, zeros in front.
    if tile.path != path:
        raise NotATile(path)
    return tile


def partial(level: int | None, size: int) -> Tile | None:
    """The tile at the right end of ``level`` in a tree of ``size``; None when the last is full."""
    hashes = size >> (HEIGHT * (level or 0))
    index, width = divmod(hashes, WIDTH)
    return Tile(level, index, width) if width else None


def levels(size: int) -> range:
    """The levels at which a tree of ``size`` has tiles."""
    return range((max(size.bit_length() - 1, 0)) // HEIGHT + 1) if size else range(0)


def join_hashes(hashes: Iterable[bytes]) -> bytes:
    return b"".join(hashes)


def split_hashes(contents: bytes) -> list[bytes]:
    """The hashes in a tile. Raises ``NotATile`` when there is part of one."""
    if len(contents) % tree.HASH_BYTES:
        raise NotATile("a tile holds whole hashes")
    return [
        contents[place : place + tree.HASH_BYTES]
        for place in range(0, len(contents), tree.HASH_BYTES)
    ]


def join_entries(entries: Iterable[bytes]) -> bytes:
    """The bundle of ``entries``, each behind its length. Raises ``NotATile`` for one too long."""
    parts = []
    for entry in entries:
        if len(entry) > MAX_ENTRY_BYTES:
            raise NotATile(f"an entry of {len(entry)} bytes")
        parts += [len(entry).to_bytes(2), entry]
    return b"".join(parts)


def split_entries(bundle: bytes) -> list[bytes]:
    """The entries in a bundle. Raises ``NotATile`` when it ends in the middle of one."""
    entries, place = [], 0
    while place < len(bundle):
        length = int.from_bytes(bundle[place : place + 2])
        entry = bundle[place + 2 : place + 2 + length]
        if place + 2 + length > len(bundle):
            raise NotATile("a bundle holds whole entries")
        entries.append(entry)
        place += 2 + length
    return entries


def shorten(tile: Tile, full: bytes) -> bytes:
    """The contents of a partial ``tile``, which are the beginning of the full one's."""
    if tile.level is None:
        return join_entries(split_entries(full)[: tile.width])
    return full[: tile.width * tree.HASH_BYTES]


class Growing:
    """The right ends of all levels of a tree while leaves are appended, 256 at a time.

    ``ends[level]`` are the hashes of the last, not yet full tile of that level.
    """

    def __init__(self, size: int = 0, ends: Sequence[Sequence[bytes]] = ()) -> None:
        """Raises ``NotATile`` when the ends are not those of a tree of ``size``."""
        self.size = size
        self.ends = [list(end) for end in ends]
        wanted = [(size >> (HEIGHT * level)) % WIDTH for level in levels(size)]
        if [len(end) for end in self.ends] != wanted:
            raise NotATile(f"these are not the ends of a tree of {size} leaves")

    def append(self, leaves: Sequence[bytes]) -> Iterator[tuple[Tile, bytes]]:
        """Append leaf hashes, at most so many that the tile at level 0 is full then; yields the
        tiles that became full, with their contents."""
        if not leaves:
            return
        if not self.ends:
            self.ends.append([])
        if len(self.ends[0]) + len(leaves) > WIDTH:
            raise NotATile("more leaves than fit into one tile")
        self.ends[0] += leaves
        self.size += len(leaves)
        level = 0
        while len(self.ends[level]) == WIDTH:
            hashes = self.ends[level]
            index = (self.size >> (HEIGHT * (level + 1))) - 1
            yield Tile(level, index), join_hashes(hashes)
            self.ends[level] = []
            if level + 1 == len(self.ends):
                self.ends.append([])
            self.ends[level + 1].append(tree.root(hashes))
            level += 1

    def partial_tiles(self) -> Iterator[tuple[Tile, bytes]]:
        """The tiles at the right ends that are not full, with their contents."""
        for level, hashes in enumerate(self.ends):
            tile = partial(level, self.size)
            if tile:
                yield tile, join_hashes(hashes)

    def root(self) -> bytes:
        """The root of the tree as it is now."""
        if not self.size:
            return tree.EMPTY_ROOT
        edge = [peak for hashes in reversed(self.ends) for peak in _peaks(hashes)]
        return tree.Edge(self.size, edge).root()


def _peaks(hashes: Sequence[bytes]) -> list[bytes]:
    """The roots of the perfect subtrees that ``hashes``, all of one height, split into."""
    edge = tree.Edge()
    edge.extend(hashes)
    return edge.peaks
