"""Reading a whole log, entry by entry, in bounded memory: for audits.

Each bundle is compared with the tile of its hashes when it is read, and all of it at the end with
every other tile and with the signed root. What was read before is not to be believed until then.
"""

from __future__ import annotations

from collections.abc import Iterator

from huiyin.verify.merkle import EMPTY_ROOT, leaf_hash, node_hash
from huiyin.verify.notes import Checkpoint
from huiyin.verify.problems import BundleWrong, Forked, RootWrong, Shrunk, TileWrong
from huiyin.verify.remote import Log
from huiyin.verify.tiles import WIDTH, fold, hashes_in


class Reader:
    """Reads a log up to a checkpoint, and later on to a newer one.

    ``size`` says how many entries were read. In memory are one bundle and one tile for each level.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        self.size = 0
        # For each level the hashes of its last, incomplete tile.
        self._open: list[list[bytes]] = [[]]

    def read_to(self, checkpoint: Checkpoint) -> Iterator[tuple[int, bytes]]:
        """Index and bytes of every entry that was not read yet, in order.

        Raises ``BundleWrong`` or ``TileWrong`` where something does not fit, and after the last
        entry ``Forked`` or ``RootWrong`` when the whole is not what ``checkpoint`` says.
        """
        if checkpoint.size < self.size:
            raise Shrunk(old_size=self.size, new_size=checkpoint.size)
        before = self.size
        for number in range(self.size // WIDTH, -(-checkpoint.size // WIDTH)):
            width = min(WIDTH, checkpoint.size - number * WIDTH)
            yield from self._bundle(number, width, before)
        self._compare_open_tiles()
        if self.root() != checkpoint.root:
            if before:
                raise Forked(old_size=before, new_size=checkpoint.size)
            raise RootWrong(size=checkpoint.size)

    def root(self) -> bytes:
        """The root hash over everything that was read."""
        root: bytes | None = None
        for hashes in self._open:
            at = len(hashes)
            while at:
                # The largest subtree stands first; the last one is as large as the lowest bit.
                size = at & -at
                subtree = fold(hashes[at - size : at])
                root = subtree if root is None else node_hash(subtree, root)
                at -= size
        return EMPTY_ROOT if root is None else root

    def _bundle(self, number: int, width: int, before: int) -> Iterator[tuple[int, bytes]]:
        entries = self._log.entries(number, width)
        leaves = [leaf_hash(entry) for entry in entries]
        first = number * WIDTH
        held = hashes_in(self._log.tile(0, number, width), width)
        for place, leaf in enumerate(leaves):
            if held[place] != leaf:
                raise BundleWrong(index=first + place)
        known = self._open[0]
        if leaves[: len(known)] != known:
            # Read before, and now something else.
            raise Forked(old_size=before, new_size=first + width)
        for place in range(len(known), width):
            self._add(leaves[place])
            yield first + place, entries[place]

    def _add(self, leaf: bytes) -> None:
        self._open[0].append(leaf)
        self.size += 1
        level = 0
        while len(self._open[level]) == WIDTH:
            subtree = fold(self._open[level])
            if level > 0:
                self._compare_tile(level)
            self._open[level] = []
            level += 1
            if level == len(self._open):
                self._open.append([])
            self._open[level].append(subtree)

    def _compare_open_tiles(self) -> None:
        for level, hashes in enumerate(self._open):
            if level > 0 and hashes:
                self._compare_tile(level)

    def _compare_tile(self, level: int) -> None:
        """Whether the log serves what the entries give; proofs for others are made of it."""
        hashes = self._open[level]
        # The tile that its last hash belongs to.
        number = ((self.size >> (8 * level)) - 1) // WIDTH
        if hashes_in(self._log.tile(level, number, len(hashes)), len(hashes)) != hashes:
            raise TileWrong(level=level, number=number)
