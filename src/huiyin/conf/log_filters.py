"""What the log leaves out, so that what it says is worth reading."""

from __future__ import annotations

import logging


def not_ready(record: logging.LogRecord) -> bool:
    """Drops Django's own line for each probe that finds us not ready: the answer says why."""
    request = getattr(record, "request", None)
    return request is None or request.path_info != "/readyz"


def in_one_line(record: logging.LogRecord) -> bool:
    """Keeps the sentence and drops the traceback, which would only show how Django found out."""
    record.exc_info = None
    return True
