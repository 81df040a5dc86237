"""Reading from a stream, which lives for hours and must hold no connection meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from asgiref.sync import sync_to_async
from django.db import close_old_connections

T = TypeVar("T")


async def in_thread(read: Callable[[], T]) -> T:
    """Read from the database without keeping a connection for as long as the stream lives."""

    def reading() -> T:
        try:
            return read()
        finally:
            close_old_connections()

    return await sync_to_async(reading)()
