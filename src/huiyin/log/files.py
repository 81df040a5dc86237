"""The log's public files: ``checkpoint`` and ``tile/…`` in the folder ``log`` of the data folder.

A file appears whole or not at all, and a tile never changes: one that would is an error.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from huiyin.log.errors import Disagreement
from huiyin.log.notes import Checkpoint, Note, NoteInvalid
from huiyin.log.tiles import Tile, shorten


def folder() -> Path:
    return Path(settings.HUIYIN_DATA_DIR) / "log"


def read_tile(tile: Tile) -> bytes | None:
    """The contents of ``tile``; a partial one also from what it has grown into. None when there is
    no such tile."""
    try:
        return tile_path(tile).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        pass
    if tile.is_full:
        return None
    full = read_tile(tile.full())
    return None if full is None else shorten(tile, full)


def tile_path(tile: Tile) -> Path:
    return folder() / "tile" / tile.path


def checkpoint_path() -> Path:
    return folder() / "checkpoint"


def read_checkpoint() -> tuple[Note, Checkpoint] | None:
    """What the public reads now; None before the first. Raises ``Disagreement`` when the file is
    none of ours."""
    try:
        text = checkpoint_path().read_bytes().decode()
        note = Note.parse(text)
        return note, Checkpoint.parse(note.body)
    except FileNotFoundError:
        return None
    except (NoteInvalid, UnicodeDecodeError) as error:
        raise Disagreement(
            f"{checkpoint_path()} is no checkpoint: {error}.",
            "Keep a copy, look into who changed it, and remove the file: it is written anew.",
        ) from error


class Writer:
    """Writes tiles, and makes sure that they are on the disk before anything speaks of them."""

    def __init__(self) -> None:
        self._touched: set[Path] = set()

    def tile(self, tile: Tile, contents: bytes) -> None:
        """Write ``tile`` unless it is there. Raises ``Disagreement`` when it is, with other bytes,
        and leaves it alone."""
        path = tile_path(tile)
        try:
            there = path.read_bytes()
        except FileNotFoundError:
            self._write(path, contents)
            return
        if there != contents:
            raise Disagreement(
                f"The file {path} is there and is not what the log says.",
                "Nothing was overwritten. Keep a copy of the folder and of the database, look into "
                "which of the two was changed, and by whom.",
            )

    def checkpoint(self, text: str) -> None:
        """Let the public read ``text``, now that all it speaks of is safe."""
        self.finish()
        self._write(checkpoint_path(), text.encode())
        self.finish()

    def finish(self) -> None:
        """Make the names of what was written as safe as its contents."""
        for folder_ in sorted(self._touched):
            descriptor = os.open(folder_, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        self._touched.clear()

    def _write(self, path: Path, contents: bytes) -> None:
        if not path.parent.is_dir():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._touched |= {
                above for above in path.parents if folder() in (above, *above.parents)
            }
        # One name for each file: what a killed process left is written over.
        made = path.with_name(f".{path.name}.tmp")
        with made.open("wb") as file:
            file.write(contents)
            file.flush()
            os.fsync(file.fileno())
        made.replace(path)
        self._touched.add(path.parent)


def drop_partials(full: Tile) -> None:
    """Remove the partial tiles that ``full``, whose beginnings they are, has taken the place of."""
    path = tile_path(full)
    partials = path.with_name(f"{path.name}.p")
    if path.exists() and partials.is_dir():
        shutil.rmtree(partials)


@contextmanager
def alone() -> Iterator[bool]:
    """Whether nobody else on this machine writes the files; so for as long as the block lasts.
    Ends with the process, however it ends."""
    folder().mkdir(parents=True, exist_ok=True)
    with (folder().parent / "log.lock").open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
