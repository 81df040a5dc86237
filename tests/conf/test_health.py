from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection
from django.test import Client

from huiyin.conf import health
from huiyin.conf.models import Heartbeat
from huiyin.kernel import clock


def _beat(age: timedelta = timedelta()) -> None:
    Heartbeat.objects.update_or_create(
        name="dispatcher", defaults={"at": clock.machine_now() - age}
    )


def test_the_process_is_alive_without_asking_the_database(client: Client) -> None:
    # No database mark: any query would fail this test.
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})


@pytest.mark.django_db
def test_ready_means_database_dispatcher_and_clock(client: Client) -> None:
    _beat()
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ready",
        "checks": {"database": "ok", "dispatcher": "ok", "clock": "ok"},
    }
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
def test_not_ready_before_the_dispatcher_ran(client: Client) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["dispatcher"] == "has not finished a round yet"


@pytest.mark.django_db
def test_not_ready_when_the_dispatcher_stopped(client: Client) -> None:
    _beat(age=timedelta(minutes=5))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["dispatcher"].startswith("finished its last round 300 s ago")


@pytest.mark.django_db
def test_moving_the_demo_clock_leaves_the_product_ready(client: Client) -> None:
    _beat()
    clock.set_offset(timedelta(days=10))
    assert client.get("/readyz").status_code == 200


@pytest.mark.django_db
def test_not_ready_when_the_database_clock_differs(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    _beat()
    monkeypatch.setattr(health, "clock_skew", lambda: timedelta(seconds=-90))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["clock"] == ("this machine's clock is -90 s off the database's")


@pytest.mark.django_db
def test_the_skew_of_one_machine_is_none() -> None:
    assert abs(health.clock_skew()) < timedelta(seconds=2)


@pytest.mark.django_db
def test_not_ready_without_a_database(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object, **_options: object) -> None:
        raise DatabaseError("connection refused")

    monkeypatch.setattr(connection, "cursor", refuse)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["database"] == "the database does not answer"


@pytest.mark.django_db
def test_probes_ask_under_any_name(client: Client) -> None:
    _beat()
    for path in ("/healthz", "/readyz"):
        assert client.get(path, headers={"host": "10.0.0.7:8000"}).status_code == 200
    assert client.get("/", headers={"host": "10.0.0.7:8000"}).status_code == 400


@pytest.mark.django_db
def test_a_probe_that_finds_us_not_ready_leaves_no_line(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    assert client.get("/readyz").status_code == 503
    assert not caplog.records


@pytest.mark.django_db
def test_a_wrong_host_is_one_line_of_the_log(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    client.get("/", headers={"host": "scanner.example"})
    [record] = caplog.records
    assert "scanner.example" in record.getMessage()
    assert record.exc_info is None


@pytest.mark.django_db
def test_health_can_only_be_read(client: Client) -> None:
    assert client.post("/healthz").status_code == 405
    assert client.post("/readyz").status_code == 405
