"""Names and contents of tiles, as C2SP tlog-tiles has them."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huiyin.log import tiles, tree
from huiyin.log.tiles import Growing, NotATile, Tile

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "0/000"),
        (Tile(1, 1234067), "1/x001/x234/067"),
        (Tile(0, 999), "0/999"),
        (Tile(0, 1000), "0/x001/000"),
        (Tile(2, 0, 1), "2/000.p/1"),
        (Tile(None, 273, 112), "entries/273.p/112"),
        (Tile(None, 1234067), "entries/x001/x234/067"),
        (Tile(63, 5, 255), "63/005.p/255"),
    ],
)
def test_a_tile_is_named_as_the_specification_has_it(tile, path) -> None:
    assert tile.path == path
    assert tiles.parse(path) == tile


@pytest.mark.parametrize(
    "path",
    [
        *("", "0", "0/", "0/0", "0/00", "0/0000", "00/000", "64/000", "100/000", "-1/000"),
        *("0/1234", "0/x000/001", "0/x001", "0/x001/x234", "0/001/234", "0/X001/234"),
        *("0/000.p", "0/000.p/", "0/000.p/0", "0/000.p/256", "0/000.p/01", "0/000.p/1/", "0/000/"),
        *("../checkpoint", "0/../0/000", "entries/../../log.key", "0/000.p/../1", "/0/000"),
        *(
            "data/000",
            "Entries/000",
            "0/٠٠٠",
            "0/" + "x001/" * 6 + "000",
            "0/000\n",
            "0/000.p/1\n",
            " 0/000",
            "0//000",
        ),
    ],
)
def test_no_other_spelling_is_a_tile(path) -> None:
    with pytest.raises(NotATile):
        tiles.parse(path)


@given(st.none() | st.integers(0, 63), st.integers(0, 10**10), st.integers(1, 256))
def test_every_name_is_read_as_what_it_was_written_for(level, index, width) -> None:
    tile = Tile(level, index, width)
    assert tiles.parse(tile.path) == tile


def test_a_tree_of_70000_has_the_tiles_of_the_specification() -> None:
    size = 70_000
    assert list(tiles.levels(size)) == [0, 1, 2]
    assert tiles.partial(0, size) == tiles.Tile(0, 273, 112)
    assert tiles.partial(None, size) == tiles.Tile(None, 273, 112)
    assert tiles.partial(1, size) == tiles.Tile(1, 1, 17)
    assert tiles.partial(2, size) == tiles.Tile(2, 0, 1)
    assert tiles.partial(0, 256) is None
    assert tiles.partial(1, 256) == tiles.Tile(1, 0, 1)
    assert list(tiles.levels(0)) == []


def numbered(count: int) -> list[bytes]:
    return [hashlib.sha256(b"\x00%d" % number).digest() for number in range(count)]


def all_tiles(size: int, leaves: list[bytes]) -> dict[str, bytes]:
    """Every tile of a tree, from the definition: MTH(D[(n·256+i)·256^l : (n·256+i+1)·256^l])."""
    found = {}
    for level in tiles.levels(size):
        span = 256**level
        hashes = [
            tree.root(leaves[place * span : (place + 1) * span]) for place in range(size // span)
        ]
        for start in range(0, len(hashes), 256):
            some = hashes[start : start + 256]
            found[Tile(level, start // 256, len(some)).path] = b"".join(some)
    return found


LEAVES = numbered(66_000)


@pytest.mark.parametrize("sizes", [(1,), (255, 256, 257), (300, 512, 66_000), (65_536,), (65_535,)])
def test_a_growing_tree_has_the_tiles_that_are_defined(sizes) -> None:
    growing, written = Growing(), {}
    for size in sizes:
        # As after a restart: only its size and its ends are known.
        growing = Growing(growing.size, growing.ends)
        while growing.size < size:
            room = 256 - growing.size % 256
            more = LEAVES[growing.size : min(size, growing.size + room)]
            written |= {tile.path: contents for tile, contents in growing.append(more)}
        now = written | {tile.path: contents for tile, contents in growing.partial_tiles()}
        assert now == all_tiles(size, LEAVES[:size])
        assert growing.root() == tree.root(LEAVES[:size])


def test_ends_of_another_tree_are_refused() -> None:
    with pytest.raises(NotATile):
        Growing(257, [[bytes(32)], [bytes(32), bytes(32)]])
    with pytest.raises(NotATile):
        Growing(257, [[bytes(32)]])


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_a_bundle_gives_back_its_entries(entries) -> None:
    assert tiles.split_entries(tiles.join_entries(entries)) == entries


def test_what_does_not_fit_into_a_bundle_or_is_cut_off_is_refused() -> None:
    assert tiles.split_entries(tiles.join_entries([b"x" * 65_535])) == [b"x" * 65_535]
    with pytest.raises(NotATile):
        tiles.join_entries([b"x" * 65_536])
    for bundle in (b"\x00", b"\x00\x02x"):
        with pytest.raises(NotATile):
            tiles.split_entries(bundle)
    with pytest.raises(NotATile):
        tiles.split_hashes(bytes(33))


def test_a_partial_tile_is_the_beginning_of_the_full_one() -> None:
    hashes = numbered(256)
    assert tiles.shorten(Tile(0, 0, 3), tiles.join_hashes(hashes)) == b"".join(hashes[:3])
    entries = [b"a", b"bb", b"", b"dddd"]
    bundle = tiles.join_entries(entries)
    assert tiles.shorten(Tile(None, 0, 3), bundle) == tiles.join_entries(entries[:3])
