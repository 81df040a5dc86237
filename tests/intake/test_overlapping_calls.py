"""Several systems push the same cases at once: they wait for each other, but never in a circle."""

from __future__ import annotations

import random
import threading

import pytest
from django.db import connection

from huiyin.intake.events.services import take_in
from huiyin.reviews.models import Case, ServiceEvent
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


def test_overlapping_calls_neither_deadlock_nor_double_anything() -> None:
    body = factories.organisation()
    pusher, _key = factories.integrator()
    rows = [
        factories.event_row(
            body,
            projectNo=f"OVERLAP{case:03}",
            serviceNumber=str(service),
            proStatus="2" if service == 1 else "3",
            taskCode=f"{body.uscc}{case % 3:013}",
        )
        for case in range(12)
        for service in (1, 2)
    ]
    start, failures = threading.Barrier(4), []

    def push(seed: int) -> None:
        order = random.Random(seed)
        try:
            start.wait()
            for _call in range(6):
                take_in(order.sample(rows, 12), pusher)
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=push, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    take_in(rows, pusher)
    assert failures == []
    assert Case.objects.count() == 12
    assert ServiceEvent.objects.count() == len(rows)
    assert set(Case.objects.values_list("status", flat=True)) == {3}
