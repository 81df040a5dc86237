"""What the verifier remembers of a log: the keys it trusts and the last checkpoint it saw.

One small JSON file per log. It is what makes a log that shows different people different trees, or
takes something back, be found out.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from huiyin.verify.notes import Checkpoint, read_checkpoint, read_vkey
from huiyin.verify.problems import MemoryUnreadable, MemoryUnwritable, Problem

_MAX_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class Memory:
    keys: tuple[str, ...]
    checkpoint: Checkpoint


def usual_place(origin: str) -> Path:
    """``~/.local/state/huiyin-verify/<hash of the log's name>.json`` (XDG_STATE_HOME counts)."""
    state = os.environ.get("XDG_STATE_HOME") or Path("~/.local/state").expanduser()
    name = hashlib.sha256(origin.encode()).hexdigest()[:32]
    return Path(state) / "huiyin-verify" / f"{name}.json"


def recall(path: Path) -> Memory | None:
    """What was remembered; None when there is nothing yet. Raises ``MemoryUnreadable``: a memory
    that cannot be read is never silently begun anew."""
    try:
        with path.open("rb") as file:
            written = file.read(_MAX_BYTES + 1)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise MemoryUnreadable(path=path, reason=error) from None
    try:
        if len(written) > _MAX_BYTES:
            raise ValueError("too large")
        return _read(json.loads(written))
    except (Problem, ValueError, TypeError, KeyError, RecursionError) as error:
        raise MemoryUnreadable(path=path, reason=type(error).__name__) from None


def _read(document: Any) -> Memory:
    if document["v"] != 1 or not isinstance(document["keys"], list):
        raise ValueError("not a memory of this version")
    keys = tuple(read_vkey(str(key)).vkey for key in document["keys"])
    checkpoint = read_checkpoint(document["checkpoint"])
    if not keys:
        raise ValueError("no keys")
    return Memory(keys, checkpoint)


def remember(path: Path, *, keys: Sequence[str], checkpoint: Checkpoint) -> None:
    """Write the memory, whole or not at all. Raises ``MemoryUnwritable``."""
    document = {
        "v": 1,
        "origin": checkpoint.origin,
        "keys": list(keys),
        "checkpoint": checkpoint.note.whole,
    }
    write_privately(path, json.dumps(document, ensure_ascii=False, indent=1) + "\n")


def write_privately(path: Path, text: str) -> None:
    """Put ``text`` into a file that only its owner reads, whole or not at all."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, made = tempfile.mkstemp(dir=path.parent, prefix=path.name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(made).replace(path)
        except BaseException:
            Path(made).unlink(missing_ok=True)
            raise
    except (OSError, ValueError) as error:
        raise MemoryUnwritable(path=path, reason=error) from None
