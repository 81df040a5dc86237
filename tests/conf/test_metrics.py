"""Metrics are for the operator alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from huiyin.conf.metrics import FOLDER, forget_the_dead
from huiyin.intake.lane import lane
from huiyin.kernel.problems import Problem
from huiyin.reviews import tokens
from huiyin.reviews.services import Given, NewReview
from tests import factories

pytestmark = pytest.mark.django_db
TOKEN = "a-token-of-the-operator"


def ask(token: str = "") -> tuple[int, dict[str, float]]:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    answer = Client().get("/metrics", headers=headers)
    lines = answer.content.decode().splitlines() if answer.status_code == 200 else []
    pairs = [line.rsplit(" ", 1) for line in lines if not line.startswith("#")]
    return answer.status_code, {name: float(value) for name, value in pairs}


def test_without_the_token_there_is_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask(TOKEN)[0] == 404
    monkeypatch.setattr(settings, "HUIYIN_METRICS_TOKEN", TOKEN)
    assert ask()[0] == 404
    assert ask("another")[0] == 404


def test_what_the_lane_does_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "HUIYIN_METRICS_TOKEN", TOKEN)
    before = ask(TOKEN)[1]
    lane.give(Given(tokens.read(factories.token()), NewReview(5)))
    with pytest.raises(Problem):
        lane.give(Given(tokens.read(factories.token()), NewReview(1)))
    status, after = ask(TOKEN)

    assert status == 200
    assert after["huiyin_lane_accepted_total"] == before["huiyin_lane_accepted_total"] + 1
    refused = 'huiyin_lane_rejected_total{reason="detail-missing"}'
    assert after[refused] == before.get(refused, 0) + 1
    for name in ("huiyin_lane_waiting", "huiyin_notices_waiting", "huiyin_lane_batch_size_count"):
        assert name in after


def test_how_long_bad_reviews_took_to_arrive_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from huiyin.kernel import clock
    from huiyin.oversight.models import DelayTally

    monkeypatch.setattr(settings, "HUIYIN_METRICS_TOKEN", TOKEN)
    for value, amount in ((40, 3), (900, 1)):
        DelayTally.objects.create(transport="inbox", day=clock.today(), value=value, amount=amount)
    told = ask(TOKEN)[1]
    bucket = 'huiyin_delivery_seconds_bucket{{le="{}",transport="inbox"}}'
    assert told[bucket.format(0.05)] == 3
    assert told[bucket.format(1.0)] == told[bucket.format("+Inf")] == 4


def test_gauges_of_processes_that_were_killed_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER, str(tmp_path))
    gone = 2**22 + 1
    for number in (gone, os.getpid()):
        (tmp_path / f"gauge_livesum_{number}.db").touch()
    forget_the_dead()
    assert [file.name for file in tmp_path.iterdir()] == [f"gauge_livesum_{os.getpid()}.db"]
