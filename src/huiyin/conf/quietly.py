"""Log lines that would bury what a command says."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def only_warnings() -> Iterator[None]:
    """Let nothing below a warning of ours through; for what makes thousands of things at once."""
    log = logging.getLogger("huiyin")
    before = log.level
    log.setLevel(logging.WARNING)
    try:
        yield
    finally:
        log.setLevel(before)
