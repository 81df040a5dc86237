"""A disk that is soon full."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Enough for the product and its database, little enough to be filled in a moment.
_SIZE = "700m"


@contextmanager
def small_disk() -> Iterator[Path]:
    """A file system of its own with little room. Raises ``OSError`` where that is not allowed."""
    folder = Path(tempfile.mkdtemp(prefix="huiyin-disk-"))
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={_SIZE},mode=0755", "tmpfs", str(folder)],
        check=False,
        capture_output=True,
        text=True,
    )
    try:
        if mounted.returncode:
            raise OSError(mounted.stderr.strip())
        yield folder
    finally:
        if not mounted.returncode:
            subprocess.run(["umount", str(folder)], check=True)
        folder.rmdir()
