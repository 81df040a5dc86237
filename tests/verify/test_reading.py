"""Reading a whole log finds whatever does not fit, wherever it is."""

from __future__ import annotations

import pytest

from huiyin.verify.problems import (
    BundleMalformed,
    BundleWrong,
    Forked,
    Problem,
    RootWrong,
    Shrunk,
    TileWrong,
)
from huiyin.verify.reading import Reader
from huiyin.verify.remote import Log
from tests.verify.small_log import SmallLog

pytestmark = pytest.mark.once


def read(address: str) -> list[bytes]:
    log = Log(address)
    return [entry for _index, entry in Reader(log).read_to(log.checkpoint())]


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 700])
def test_everything_is_read_in_order(log: SmallLog, address: str, size: int) -> None:
    log.entries.clear()
    log.add(size)
    assert read(address) == log.entries


def test_many_tiles_are_read(log: SmallLog, address: str) -> None:
    log.entries[:] = [b"%d" % place for place in range(66_000)]
    log.publish()
    assert len(read(address)) == 66_000
    path = "/log/tile/1/000"
    log.files[path] = log.files[path][:-1] + b"x"
    with pytest.raises(TileWrong):
        read(address)


def test_reading_goes_on_where_it_was(log: SmallLog, address: str) -> None:
    remote = Log(address)
    reader, found = Reader(remote), []
    for more in (0, 3, 248, 1, 300):
        log.add(more)
        found += [entry for _index, entry in reader.read_to(remote.checkpoint())]
    assert found == log.entries


def test_an_entry_that_was_read_and_then_changed_is_found(log: SmallLog, address: str) -> None:
    remote = Log(address)
    reader = Reader(remote)
    assert len(list(reader.read_to(remote.checkpoint()))) == 5
    log.entries[4] = log.review(4, level=5)[1]
    log.add(2)
    with pytest.raises(Forked):
        list(reader.read_to(remote.checkpoint()))


def test_a_shorter_log_is_found(log: SmallLog, address: str) -> None:
    remote = Log(address)
    reader = Reader(remote)
    list(reader.read_to(remote.checkpoint()))
    log.entries.pop()
    log.publish()
    with pytest.raises(Shrunk):
        list(reader.read_to(remote.checkpoint()))


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("/log/tile/entries/000", BundleWrong),
        ("/log/tile/entries/001.p/144", BundleWrong),
        ("/log/tile/0/001.p/144", BundleWrong),
        ("/log/tile/1/000.p/1", TileWrong),
    ],
)
def test_a_changed_byte_is_found(
    log: SmallLog, address: str, path: str, problem: type[Problem]
) -> None:
    log.entries.clear()
    log.add(400)
    log.files[path] = log.files[path][:-1] + b"x"
    with pytest.raises(problem):
        read(address)


def test_a_cut_bundle_is_found(log: SmallLog, address: str) -> None:
    path = "/log/tile/entries/000.p/5"
    log.files[path] = log.files[path][:-1]
    with pytest.raises(BundleMalformed):
        read(address)


def test_entries_and_tiles_that_agree_but_are_not_what_was_signed(
    log: SmallLog, address: str
) -> None:
    signed = log.files["/log/checkpoint"]
    log.entries[2], log.entries[3] = log.entries[3], log.entries[2]
    log.publish()
    log.files["/log/checkpoint"] = signed
    with pytest.raises(RootWrong):
        read(address)
