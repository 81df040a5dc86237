"""Reporting upward: what is told, what becomes of it; nothing counts as sent before it is."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from huiyin.dialects.models import UpwardPlatform, UpwardReport
from huiyin.dialects.upward import exchange, reconciling, services
from huiyin.dialects.upward.exchange import Heard
from huiyin.dialects.upward.reconciling import Standing
from huiyin.kernel import clock
from huiyin.kernel.problems import Invalid
from huiyin.matters.table import State
from huiyin.reviews.services import erase_person
from tests import factories
from tests.dialects.platform_above import MARK, PUBLIC, WORD, PlatformAbove, listening
from tests.dialects.support import National, review_row

pytestmark = pytest.mark.django_db
Waiting, Acknowledged = UpwardReport.State.WAITING, UpwardReport.State.ACKNOWLEDGED


@pytest.fixture
def above() -> Iterator[PlatformAbove]:
    with listening() as platform:
        yield platform


@pytest.fixture
def platform(above: PlatformAbove) -> UpwardPlatform:
    return added(above.address)


def added(address: str, **changes: Any) -> UpwardPlatform:
    said = {
        "name": "国家平台",
        "region": factories.region(factories.PROVINCE),
        "address": address,
        "app_mark": MARK,
        "word": WORD,
        "public": PUBLIC,
        "data_source": "133",
    }
    return services.add_platform(**(said | changes))


def standings(platform: UpwardPlatform, **asked: Any) -> list[tuple[str, str]]:
    return [(line.kind, str(line.standing)) for line in reconciling.lines(platform, **asked)]


def later(minutes: int) -> Any:
    return clock.frozen(clock.now() + timedelta(minutes=minutes))


def test_a_review_is_reported_with_what_is_asked_for_and_nothing_of_the_person(
    above: PlatformAbove, platform: UpwardPlatform
) -> None:
    event = factories.event()
    factories.review(event, level=2, tags=["214"], hide_name_from_public=True)
    services.work()

    [heard] = above.heard
    assert heard == {
        "projectNo": event.case.project_no,
        "serviceNumber": "1",
        "assessNumber": "1",
        "areaCode": event.case.jurisdiction,
        "deptCode": event.organisation.uscc,
        "taskCode": event.case.item_code,
        "dataSource": "133",
        "pf": "1",
        "satisfaction": "2",
        "evalDetail": "214",
        "assessTime": heard["assessTime"],
        "anonymityFlag": "1",
        "isdefault": "0",
    }
    report = UpwardReport.objects.get()
    assert (report.state, report.attempts, report.due_at) == (Acknowledged, 1, None)


def test_a_closed_matter_and_its_follow_up_are_reported_each_once(
    above: PlatformAbove, platform: UpwardPlatform
) -> None:
    made = factories.loop(State.CLOSED)
    for _round in range(3):
        services.work()

    reviews = [one for one in above.heard if "satisfaction" in one]
    [rectified] = [one for one in above.heard if "rectifyResult" in one]
    assert [one["assessNumber"] for one in reviews] == ["1", "2"]
    assert rectified["rectifyResult"] == made.matter.result_class
    assert len(above.heard) == UpwardReport.objects.count() == 3


def test_local_items_imported_reviews_and_other_regions_are_not_reported(
    above: PlatformAbove,
) -> None:
    added(above.address, region=factories.region("331100000000"))
    factories.review()
    body = factories.organisation(at=factories.region("331181000000"))
    factories.review(factories.event(body, taskCode=f"{body.uscc}0000000000001"))
    system = National()
    row = factories.event_row(body)
    system.push(row)
    system.push(review_row(row))
    services.work()

    assert above.heard == []
    assert not UpwardReport.objects.exists()


def test_what_is_refused_stays_visible_and_can_be_sent_again(
    above: PlatformAbove, platform: UpwardPlatform
) -> None:
    above.moods = ["refuse"]
    factories.review()
    services.work()

    report = UpwardReport.objects.get()
    assert (report.state, report.reason) == (UpwardReport.State.REFUSED, "事项编码不存在")
    services.work()
    assert len(above.heard) == 1
    call_command("upward", platform.name, resend="refused", stdout=StringIO())
    services.work()
    report.refresh_from_db()
    assert (report.state, report.attempts, report.reason) == (Acknowledged, 2, "")


@pytest.mark.parametrize("mood", ["garbage", "hang up"])
def test_no_clear_answer_is_no_answer_and_it_is_tried_again(
    above: PlatformAbove, platform: UpwardPlatform, mood: str
) -> None:
    above.moods = [mood]
    factories.review()
    services.work()

    report = UpwardReport.objects.get()
    assert report.state == Waiting
    assert report.reason
    assert standings(platform) == [("review", "uncertain")]
    services.work()
    assert len(above.heard) == 1
    with later(2):
        services.work()
    # It had arrived: “must not be repeated” is how we learn it.
    assert len(above.has) == 1
    assert standings(platform) == [("review", "acknowledged")]


def test_while_nobody_is_there_everything_waits_and_nothing_is_lost(above: PlatformAbove) -> None:
    gone = added("http://127.0.0.1:9/evaluate")
    for _number in range(3):
        factories.review()
    assert services.work() is False

    assert {one.state for one in UpwardReport.objects.all()} == {Waiting}
    assert sum(one.attempts for one in UpwardReport.objects.all()) == 1
    gone.address = above.address
    gone.save()
    with later(2):
        services.work()
    assert len(above.has) == 3


def test_who_dies_while_sending_leaves_a_claim_that_runs_out(
    above: PlatformAbove, platform: UpwardPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.review()

    def die(*_args: object, **_named: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(exchange, "send", die)
        with pytest.raises(KeyboardInterrupt):
            services.work()
    services.work()
    assert above.heard == []
    assert standings(platform) == [("review", "uncertain")]
    with later(16):
        services.work()
    assert standings(platform) == [("review", "acknowledged")]


def test_a_text_that_is_held_back_is_not_sent_and_what_needs_it_is_withheld(
    above: PlatformAbove, platform: UpwardPlatform
) -> None:
    factories.review(level=1, tags=["115"], text="请打电话13800001234")
    factories.review(level=1, text="请打电话13800001234")
    services.work()

    assert ["writingEvaluation" in one for one in above.heard] == [False]
    assert sorted(standings(platform)) == [("review", "acknowledged"), ("review", "withheld")]


def test_reconciling_finds_what_differs_what_is_missing_and_what_is_unknown(
    above: PlatformAbove, platform: UpwardPlatform, tmp_path: Path
) -> None:
    made = [factories.event() for _number in range(3)]
    for one in made:
        factories.review(one)
    services.work()
    numbers = [one.case.project_no for one in made]
    listed = tmp_path / "theirs.csv"
    listed.write_text(
        "projectNo,serviceNumber,assessNumber,satisfaction\n"
        f"{numbers[0]},1,1,5\n{numbers[1]},1,1,3\nELSEWHERE,1,1,4\n",
        encoding="utf-8-sig",
    )
    out = StringIO()
    call_command("upward", platform.name, theirs=listed, csv=True, stdout=out)

    rows = {row["projectNo"]: row["standing"] for row in csv.DictReader(StringIO(out.getvalue()))}
    assert rows == {
        numbers[0]: Standing.ACKNOWLEDGED,
        numbers[1]: Standing.DIFFERING,
        numbers[2]: Standing.MISSING_ABOVE,
        "ELSEWHERE": Standing.UNKNOWN_HERE,
    }


def test_what_we_would_say_otherwise_today_differs(
    above: PlatformAbove, platform: UpwardPlatform
) -> None:
    event = factories.event()
    factories.review(event, level=4, text="很好")
    services.work()
    assert above.heard[0]["writingEvaluation"] == "很好"
    erase_person(case=event.case, reason="本人申请", by="test")

    assert standings(platform) == [("review", "differing")]


def test_a_day_without_reports_is_empty(above: PlatformAbove, platform: UpwardPlatform) -> None:
    factories.review()
    services.work()
    tomorrow = clock.today() + timedelta(days=1)

    assert standings(platform, begins=tomorrow) == []
    assert len(standings(platform, ends=clock.today())) == 1


@pytest.mark.parametrize(
    ("body", "heard"),
    [
        (b'{"code":"0","success":"true"}', Heard.TAKEN),
        (b'{"code":"0","success":true}', Heard.TAKEN),
        (b'{"code":"500","success":"true"}', Heard.NOTHING),
        (b'{"code":"1","success":"false","message":"x"}', Heard.REFUSED),
        (
            b'{"success":"false","message":"\xe8\xaf\xb7\xe5\x8b\xbf\xe9\x87\x8d\xe5\xa4\x8d"}',
            Heard.REPEATED,
        ),
        (b"{}", Heard.NOTHING),
        (b"null", Heard.NOTHING),
        (b"\xff", Heard.NOTHING),
        (b"[" * 100_000, Heard.NOTHING),
    ],
)
def test_only_a_clear_yes_is_one(body: bytes, heard: Heard) -> None:
    assert exchange.heard(body).heard is heard


@pytest.mark.parametrize(
    "wrong",
    [{"public": "04" + "11" * 64}, {"public": "x"}, {"word": " "}, {"data_source": "33"}],
)
def test_what_makes_no_platform_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        added("http://127.0.0.1:9/", **wrong)


def test_the_secrets_are_sealed(platform: UpwardPlatform) -> None:
    assert WORD.encode() not in bytes(platform.secrets_sealed)
    assert services.secrets_of(platform).word == WORD
