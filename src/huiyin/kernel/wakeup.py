"""Waking background loops and open pages the moment there is work.

``ring(topic)`` takes effect when the transaction commits. Loops wait on ``Bell`` objects with a
time-out, so a lost ring costs a second, never a notice. Between processes the ring travels by
PostgreSQL's NOTIFY, once a transaction and topic; on SQLite there is one process and it stays here.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from django.db import connection

from huiyin.kernel import bulk

log = logging.getLogger(__name__)
CHANNEL = "huiyin"

_listeners: dict[str, list[Callable[[], None]]] = {}
_lock = threading.Lock()


def ring(*topics: str) -> None:
    """Wake all who wait for ``topics``, in every process, once what is written now is stored.

    At most one query, however many topics.
    """
    if connection.vendor == "postgresql":
        bulk.call("pg_notify", *((CHANNEL, topic) for topic in topics))

    def ring_here() -> None:
        for topic in topics:
            _ring_here(topic)

    bulk.when_stored(ring_here)


def subscribe(topic: str, wake: Callable[[], None]) -> Callable[[], None]:
    """Call ``wake`` (quick, thread-safe) at each ring of ``topic``; returns the way to stop."""
    with _lock:
        _listeners.setdefault(topic, []).append(wake)

    def stop() -> None:
        with _lock:
            _listeners[topic].remove(wake)
            if not _listeners[topic]:
                del _listeners[topic]

    return stop


class Bell:
    """A background loop's bell: rung by a topic, waited for with a time-out."""

    def __init__(self, topic: str) -> None:
        self._event = threading.Event()
        self._unsubscribe = subscribe(topic, self._event.set)

    def wait(self, seconds: float) -> None:
        self._event.wait(seconds)
        self._event.clear()

    def ring(self) -> None:
        self._event.set()

    def close(self) -> None:
        self._unsubscribe()


def _ring_here(topic: str) -> None:
    with _lock:
        listeners = list(_listeners.get(topic, ()))
    for wake in listeners:
        wake()


def listen(stopping: threading.Event) -> None:
    """Pass other processes' rings on to this one, until ``stopping``; PostgreSQL only."""
    import psycopg

    while not stopping.is_set():
        try:
            parameters = connection.get_connection_params()
            parameters.pop("cursor_factory", None)
            parameters.pop("context", None)
            with psycopg.connect(**parameters, autocommit=True) as listener:
                listener.execute(f"LISTEN {CHANNEL}")
                while not stopping.is_set():
                    for notice in listener.notifies(timeout=1.0):
                        _ring_here(notice.payload)
        except psycopg.Error:
            log.warning("lost the connection that listens for work; trying again", exc_info=True)
            stopping.wait(1.0)
