import threading

import pytest
from django.db import connection, transaction

from huiyin.kernel import wakeup
from huiyin.kernel.wakeup import Bell

pytestmark = pytest.mark.django_db(transaction=True)


def _rung(bell: Bell, seconds: float) -> bool:
    return bell._event.wait(seconds)


def test_a_bell_rings_when_the_transaction_commits_and_not_before() -> None:
    bell = Bell("work")
    with transaction.atomic():
        wakeup.ring("work")
        assert not _rung(bell, 0)
    assert _rung(bell, 0)
    bell.close()


def test_a_transaction_that_fails_rings_nothing() -> None:
    bell = Bell("work")
    with transaction.atomic():
        wakeup.ring("work")
        transaction.set_rollback(True)
    assert not _rung(bell, 0)
    bell.close()


def test_another_process_is_woken_through_postgresql() -> None:
    if connection.vendor != "postgresql":
        assert wakeup.CHANNEL  # one process owns a SQLite file: there is nobody else to wake
        return
    stopping, bell = threading.Event(), Bell("far")
    listener = threading.Thread(target=wakeup.listen, args=(stopping,))
    listener.start()
    try:
        for _ in range(50):  # until the listener has connected
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_notify(%s, 'far')", [wakeup.CHANNEL])
            if _rung(bell, 0.1):
                break
        assert _rung(bell, 0)
    finally:
        stopping.set()
        listener.join()
        bell.close()
