"""The file with the log's private keys: one a line, the oldest first, the last one signs.

Nobody but its owner may read it. It is never changed in place: a new one takes its place at once,
and whoever runs already notices by its inode and time.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from huiyin.log.errors import KeyUnusable
from huiyin.log.notes import NoteInvalid, PrivateKey

Keys = tuple[PrivateKey, ...]
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


# What was read last, and of which file; one value, so that no thread sees half of a change.
_last_read: tuple[tuple[object, ...], Keys] = ((), ())


def read(path: Path) -> Keys:
    """The keys in the file; read again only when it is another one.

    Raises ``FileNotFoundError``, or ``KeyUnusable`` when others may read it or it holds no keys.
    """
    global _last_read
    found = path.stat()
    stamp = (path, found.st_ino, found.st_mtime_ns, found.st_size, found.st_mode)
    last_stamp, keys = _last_read
    if last_stamp != stamp:
        keys = _parsed(path, found.st_mode)
        _last_read = stamp, keys
    return keys


def create(path: Path, keys: Keys) -> bool:
    """Write the file unless there is one; whether it was us. Of two processes that come at the
    same time one writes, and nobody ever sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    made = _written(path, keys)
    try:
        os.link(made, path)
    except FileExistsError:
        return False
    finally:
        made.unlink()
    _sync(path.parent)
    return True


def replace(path: Path, keys: Keys) -> None:
    """Put ``keys`` in the place of what the file holds."""
    _written(path, keys).replace(path)
    _sync(path.parent)


def is_private(path: Path) -> bool:
    """Whether only its owner may read it."""
    return not path.stat().st_mode & _OTHERS


def _parsed(path: Path, mode: int) -> Keys:
    if mode & _OTHERS:
        raise KeyUnusable(
            f"The key file {path} can be read by others.",
            f"Run: chmod 600 {path}. If somebody may have read it, rotate: huiyin log-key rotate.",
        )
    try:
        lines = path.read_text("utf-8").split("\n")
        keys = tuple(PrivateKey.parse(line) for line in lines if line)
    except PermissionError as error:
        raise KeyUnusable(
            f"The key file {path} cannot be read.", "Give it to the user that runs Huiyin."
        ) from error
    except (NoteInvalid, UnicodeDecodeError) as error:
        raise KeyUnusable(
            f"The key file {path} is damaged: {error}.", "Put back the copy you keep."
        ) from None
    if not keys:
        raise KeyUnusable(f"The key file {path} is empty.", "Put back the copy you keep.")
    return keys


def _written(path: Path, keys: Keys) -> Path:
    """A file beside ``path`` that holds ``keys``, safe on the disk."""
    made = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with suppress(FileNotFoundError):
        made.unlink()
    descriptor = os.open(made, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.writelines(f"{key.export()}\n" for key in keys)
        file.flush()
        os.fsync(file.fileno())
    return made


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
