"""Taking in events: verdicts, idempotency, scope, and the number of questions to the database."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from huiyin.directory.models import ServiceItem
from huiyin.intake.events.services import MAX_ROWS, take_in
from huiyin.kernel import crypto
from huiyin.log.models import Entry, PendingEntry
from huiyin.reviews.events import Outcome, Verdict
from huiyin.reviews.models import Case, Integrator, Invitation, ServiceEvent
from huiyin.reviews.queries import unseal_for
from tests import factories
from tests.factories import event_row

pytestmark = pytest.mark.django_db


@pytest.fixture
def pusher() -> Integrator:
    return factories.integrator()[0]


def outcomes(verdicts: list[Verdict]) -> list[str]:
    return [verdict.outcome.value for verdict in verdicts]


def the_fields(verdict: Verdict) -> set[str]:
    return {fault.field for fault in verdict.faults}


def test_a_new_event_is_stored_with_its_case_and_nothing_personal_in_clear(
    pusher: Integrator,
) -> None:
    body = factories.organisation()
    [verdict] = take_in([event_row(body, handleUserName="李四", invite=True)], pusher)

    event = ServiceEvent.objects.select_related("case").get(pk=verdict.event)
    case = event.case
    assert verdict.outcome is Outcome.CREATED
    assert unseal_for(case, "name") == factories.NAME
    assert unseal_for(case, "mobile") == factories.MOBILE
    assert unseal_for(case, "identity") == factories.IDENTITY
    assert factories.NAME in unseal_for(case, "title")
    assert json.loads(unseal_for(case, "agent"))["name"] == "李四"
    assert bytes(case.mobile_hash) == crypto.lookup_hash(factories.MOBILE, purpose="mobile")
    for table in ("reviews_case", "reviews_serviceevent", "log_entry"):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {table}")
            stored = str(
                [
                    [bytes(v) if isinstance(v, memoryview) else v for v in row]
                    for row in cursor.fetchall()
                ]
            )
        for personal in (factories.NAME, factories.MOBILE, factories.IDENTITY, "李四"):
            assert personal not in stored
            assert str(personal.encode()) not in stored


def test_a_repeated_event_is_a_duplicate_and_changes_nothing(pusher: Integrator) -> None:
    row = event_row(factories.organisation(), invite=True)
    [first] = take_in([row], pusher)
    before = Case.objects.values().get(), ServiceEvent.objects.values().get()

    [second] = take_in([row | {"userName": "别人", "mobile": "13900009999"}], pusher)

    assert second.outcome is Outcome.DUPLICATE
    assert (second.event, second.invitation) == (first.event, first.invitation)
    assert (Case.objects.values().get(), ServiceEvent.objects.values().get()) == before
    assert Invitation.objects.count() == Entry.objects.count() == 1


def test_a_duplicate_within_one_call_is_one_too(pusher: Integrator) -> None:
    row = event_row(factories.organisation())

    verdicts = take_in([row, row, row], pusher)

    assert outcomes(verdicts) == ["created", "duplicate", "duplicate"]
    assert len({verdict.event for verdict in verdicts}) == 1


def test_a_duplicate_can_still_ask_for_its_invitation(pusher: Integrator) -> None:
    row = event_row(factories.organisation())
    take_in([row], pusher)

    [verdict] = take_in([row | {"invite": "1"}], pusher)

    assert verdict.outcome is Outcome.DUPLICATE
    assert verdict.invitation
    assert "/r/" in verdict.invitation


def test_a_later_service_moves_its_case_forward_and_never_back(pusher: Integrator) -> None:
    body = factories.organisation()
    first = event_row(body, proStatus="1", acceptDate=None, resultDate=None)
    later = event_row(body, projectNo=first["projectNo"], serviceNumber="2", userName="别人")
    early = event_row(
        body, projectNo=first["projectNo"], serviceNumber="3", proStatus="2", resultDate=None
    )
    take_in([first], pusher)
    assert Case.objects.get().status == 1

    assert outcomes(take_in([later], pusher)) == ["created"]
    case = Case.objects.get()
    assert (case.status, case.accepted_on is None, case.finished_on is None) == (3, False, False)
    assert unseal_for(case, "name") == factories.NAME

    take_in([early], pusher)
    assert Case.objects.get().status == 3


def test_the_services_of_one_new_case_can_come_in_one_call(pusher: Integrator) -> None:
    body = factories.organisation()
    first = event_row(body, proStatus="1", acceptDate=None, resultDate=None)
    second = event_row(body, projectNo=first["projectNo"], serviceNumber="2")

    assert outcomes(take_in([first, second], pusher)) == ["created", "created"]
    assert Case.objects.get().status == 3


def test_the_same_case_number_elsewhere_is_another_case(pusher: Integrator) -> None:
    one, other = factories.organisation(), factories.organisation()
    row = event_row(one)

    verdicts = take_in(
        [row, row | {"areaCode": "330100"}, event_row(other, projectNo=row["projectNo"])], pusher
    )

    assert outcomes(verdicts) == ["created"] * 3
    assert Case.objects.count() == 3


def test_an_unknown_item_of_a_known_organisation_is_made(pusher: Integrator) -> None:
    body = factories.organisation()
    known = factories.item(body)

    take_in([event_row(body), event_row(body, taskCode=known.code, taskName="别名")], pusher)

    assert set(ServiceItem.objects.values_list("name", flat=True)) == {"社会保障卡申领", known.name}
    assert all(case.item_id for case in Case.objects.all())


def test_what_the_directory_does_not_know_is_refused_by_name(pusher: Integrator) -> None:
    body, idle = factories.organisation(), factories.organisation()
    idle.active = False
    idle.save()
    stranger = factories.uscc()

    verdicts = take_in(
        [
            event_row(body, areaCode="339999"),
            event_row(body, deptCode=stranger),
            event_row(idle),
            event_row(body, areaCode="339999", deptCode=stranger, mobile="1", extra=""),
        ],
        pusher,
    )

    assert [the_fields(verdict) for verdict in verdicts] == [
        {"areaCode"},
        {"deptCode"},
        {"deptCode"},
        {"areaCode", "deptCode", "mobile", "extra"},
    ]
    assert not Case.objects.exists()


def test_an_integrator_pushes_only_for_its_own_region() -> None:
    pusher, _key = factories.integrator(factories.region("331100000000"))

    [verdict] = take_in([event_row(factories.organisation())], pusher)

    assert the_fields(verdict) == {"deptCode"}


def test_a_third_faulty_of_a_thousand_and_nothing_partial(pusher: Integrator) -> None:
    body = factories.organisation()
    rows: list[Any] = [event_row(body, invite=True) for _place in range(MAX_ROWS)]
    for place in range(0, MAX_ROWS, 3):
        rows[place] |= [{"mobile": "x"}, {"deptCode": "x"}, {"serviceTime": "tomorrow"}][
            place % 9 // 3
        ]

    verdicts = take_in(rows, pusher)

    faulty = len(range(0, MAX_ROWS, 3))
    assert outcomes(verdicts).count("rejected") == faulty
    assert outcomes(verdicts).count("created") == MAX_ROWS - faulty
    assert Case.objects.count() == ServiceEvent.objects.count() == MAX_ROWS - faulty
    assert Invitation.objects.count() == MAX_ROWS - faulty
    assert outcomes(take_in(rows, pusher)).count("duplicate") == MAX_ROWS - faulty


def test_the_number_of_queries_does_not_grow_with_the_rows(pusher: Integrator) -> None:
    bodies = [factories.organisation() for _place in range(5)]

    def asked(count: int) -> list[str]:
        rows = [
            event_row(
                bodies[place % 5], invite=True, taskCode=f"{bodies[place % 5].uscc}{place:013}"
            )
            for place in range(count)
        ]
        rows[0]["mobile"] = "faulty"
        with CaptureQueriesContext(
            connection,
        ) as captured:
            take_in(rows, pusher)
        sql = [query["sql"] for query in captured.captured_queries]
        if connection.vendor == "sqlite":
            # Django cuts inserts for SQLite into pieces; count those of a table as one.
            sql = list(
                dict.fromkeys(
                    text.split("(", 1)[0] if "INSERT" in text else f"{place} {text}"
                    for place, text in enumerate(sql)
                )
            )
        return sql

    few, many = asked(10), asked(400)

    assert len(many) == len(few) <= 25


def test_the_log_counts_services_by_organisation_item_and_day(pusher: Integrator) -> None:
    body = factories.organisation()
    take_in(
        [
            event_row(body, serviceTime="2024-03-04 09:00:00"),
            event_row(body, serviceTime="2024-03-04 23:59:00"),
            event_row(body, serviceTime="2024-03-05 00:00:00"),
            event_row(body, mobile="faulty"),
        ],
        pusher,
    )

    told = [json.loads(entry.public) for entry in Entry.objects.all()]
    assert sorted((entry["day"], entry["count"]) for entry in told) == [
        ("2024-03-04", 2),
        ("2024-03-05", 1),
    ]
    assert told[0]["kind"] == "services"
    assert told[0].keys() == {
        "v",
        "kind",
        "private",
        "organisation",
        "region",
        "item",
        "day",
        "count",
    }
    assert PendingEntry.objects.filter(is_review=False).count() == 2


def test_a_counter_of_the_hall_is_found(pusher: Integrator) -> None:
    counter = factories.counter(factories.organisation("西湖大厅"), "12")

    [verdict] = take_in(
        [event_row(factories.organisation(), hallName="西湖大厅", window="12")], pusher
    )

    assert ServiceEvent.objects.get(pk=verdict.event).counter == counter


def test_a_trial_stores_nothing(pusher: Integrator) -> None:
    rows = [event_row(factories.organisation()), {}]

    assert outcomes(take_in(rows, pusher, keep=False)) == ["created", "rejected"]
    assert not Case.objects.exists()
    assert not Entry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_calls_with_the_same_events_at_once_create_each_event_once() -> None:
    pusher, _key = factories.integrator()
    body = factories.organisation()
    rows = [event_row(body, invite=True) for _place in range(60)]
    start, told = threading.Barrier(3), []

    def push(mine: list[dict[str, Any]]) -> None:
        try:
            start.wait()
            told.extend(take_in(mine, pusher))
        finally:
            connections.close_all()

    threads = [
        threading.Thread(target=push, args=[mine])
        for mine in (rows, rows[::-1], rows[30:] + rows[:30])
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes(told)) == ["created"] * 60 + ["duplicate"] * 120
    assert ServiceEvent.objects.count() == Case.objects.count() == 60
    assert {verdict.event for verdict in told} == set(
        ServiceEvent.objects.values_list("pk", flat=True)
    )
