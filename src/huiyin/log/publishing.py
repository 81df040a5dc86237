"""Writing what was sealed to the files that the public reads: tiles first, the checkpoint last.

Every round goes on from the checkpoint in the folder, so a round that was cut off at any instant is
done again, and what it left is compared instead of written. An empty folder gets the whole log.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

from huiyin.log import agreement, checkpoints, entries, files, tiles, tree, witnesses
from huiyin.log.errors import Disagreement
from huiyin.log.models import Checkpoint, Leaf
from huiyin.log.tiles import Growing, NotATile, Tile

log = logging.getLogger(__name__)

_TILES_AT_ONCE = 16


def publish() -> bool:
    """Bring the files to the newest checkpoint with its cosignatures; whether the next round has
    something to do at once, which is to publish the signature of a new key.

    Raises ``Disagreement`` when the files or the database are not what was said before; nothing is
    overwritten then. ``KeyUnusable``, after it has published.
    """
    newest = checkpoints.newest()
    if newest is None:
        return False
    note = checkpoints.note_of(newest)
    wanted = note + "".join(witnesses.lines_of(newest))
    if not _is_published(wanted):
        with files.alone() as alone:
            if alone:
                try:
                    _publish(newest, wanted)
                except Disagreement as error:
                    log.critical("the log cannot be published: %s", error)
                    raise
    return checkpoints.sign_again(newest, note)


def _is_published(text: str) -> bool:
    try:
        return files.checkpoint_path().read_bytes() == text.encode()
    except FileNotFoundError:
        return False


def _publish(newest: Checkpoint, wanted: str) -> None:
    agreement.check_files()
    there = files.read_checkpoint()
    size = there[1].size if there else 0
    if size > newest.size:
        return  # somebody else has published a newer one since we looked
    writer = files.Writer()
    if size < newest.size:
        _check_entries(size, newest)
        _write_tiles(writer, _ends(size), newest)
    writer.checkpoint(wanted)
    for level in (None, *tiles.levels(size)):
        partial = tiles.partial(level, size)
        now = tiles.partial(level, newest.size)
        if partial and not (now and now.index == partial.index):
            files.drop_partials(partial.full())


def _check_entries(size: int, newest: Checkpoint) -> None:
    """Raises ``Disagreement`` unless the entries after the first ``size`` are those that were
    sealed: before anybody reads a byte of them."""
    before = Checkpoint.objects.get(size=size) if size else None
    edge = tree.Edge.from_bytes(size, bytes(before.edge)) if before else tree.Edge()
    for _tile, leaves in _bundles(size - size % tiles.WIDTH, newest.size):
        known = edge.size % tiles.WIDTH
        edge.extend(map(entries.leaf_hash, leaves[known:]))
    if edge.size != newest.size or edge.root() != bytes(newest.root):
        raise Disagreement(
            f"The entries from {size} to {newest.size} are not those that were sealed.",
            "Somebody wrote past Huiyin: `huiyin doctor --full` says more. Keep a copy of the "
            "database; look into who and why.",
        )


def _write_tiles(writer: files.Writer, growing: Growing, newest: Checkpoint) -> None:
    # The bundle at the right end is written from its beginning.
    began = growing.size - growing.size % tiles.WIDTH
    for tile, leaves in _bundles(began, newest.size):
        writer.tile(tile, tiles.join_entries(leaves))
        known = growing.size % tiles.WIDTH
        hashes = [entries.leaf_hash(leaf) for leaf in leaves[known:]]
        for full, contents in growing.append(hashes):
            writer.tile(full, contents)
    for partial, contents in growing.partial_tiles():
        writer.tile(partial, contents)
    if growing.root() != bytes(newest.root):
        if not began:
            raise Disagreement(
                "The tiles do not add up to the tree.", "Report this: it should not happen."
            )
        # A tile that was there is wrong; from the beginning on, it is found.
        _write_tiles(writer, Growing(), newest)


def _ends(size: int) -> Growing:
    """The right ends of the tree that is published; from the beginning if a file is not there as
    it should be."""
    ends = []
    try:
        for level in tiles.levels(size):
            partial = tiles.partial(level, size)
            found = files.tile_path(partial).read_bytes() if partial else b""
            ends.append(tiles.split_hashes(found))
        return Growing(size, ends)
    except (FileNotFoundError, NotATile):
        return Growing()


def _bundles(start: int, end: int) -> Iterator[tuple[Tile, list[bytes]]]:
    """The entries from ``start``, the first of a tile, to before ``end``, tile by tile."""
    placed = Leaf.objects.order_by("index").values_list("entry__public", flat=True)
    step = tiles.WIDTH * _TILES_AT_ONCE
    for first in range(start, end, step):
        last = min(first + step, end)
        leaves = [public.encode() for public in placed.filter(index__gte=first, index__lt=last)]
        for place in range(0, len(leaves), tiles.WIDTH):
            some = leaves[place : place + tiles.WIDTH]
            yield Tile(None, (first + place) // tiles.WIDTH, len(some)), some
