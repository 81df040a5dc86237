from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from huiyin.directory.models import Role
from huiyin.kernel import clock
from huiyin.kernel.models import DemoClock
from huiyin.matters import sweeper
from huiyin.matters.models import Clock
from tests import factories
from tests.support.clock import FrozenClock
from tests.web.people import SignedIn

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator(signed_in: SignedIn) -> Client:
    return signed_in(factories.staff(Role.ADMINISTRATOR, over=factories.region(factories.PROVINCE)))


def _moved() -> timedelta:
    row = DemoClock.objects.first()
    return row.moved_by if row else timedelta()


def test_every_link_of_the_landing_page_opens(administrator: Client) -> None:
    page = administrator.get("/desk/administration/")
    groups = page.context["groups"]
    assert len(groups) == 9
    for group in groups:
        for link in group["links"]:
            assert administrator.get(link["href"]).status_code == 200, link


@pytest.mark.parametrize("address", ["/desk/administration/", "/desk/time/"])
def test_others_find_neither_page(signed_in: SignedIn, address: str) -> None:
    loop = factories.bad_review()
    auditor = factories.staff(Role.AUDITOR, over=factories.region(factories.PROVINCE))
    for who in (loop.handler, loop.supervisor, auditor):
        assert signed_in(who).get(address).status_code == 404
        assert signed_in(who).post(address, {"to": "hour"}).status_code in {404, 405}
    assert _moved() == timedelta()


def test_there_is_no_time_machine_outside_the_demo(administrator: Client, settings: object) -> None:
    settings.HUIYIN_DEMO = False
    assert administrator.get("/desk/time/").status_code == 404
    assert administrator.post("/desk/time/", {"to": "hour"}).status_code == 404
    assert _moved() == timedelta()


def test_the_clock_moves_by_an_hour_or_to_the_next_working_day(administrator: Client) -> None:
    administrator.post("/desk/time/", {"to": "hour"})
    assert _moved() == timedelta(hours=1)
    administrator.post("/desk/time/", {"to": "working_day"})
    # The clock of this test is held at Monday, 10:00; offices open on Tuesday at 9:00.
    assert _moved() == timedelta(hours=24)


def test_before_nine_the_next_working_day_is_today(
    administrator: Client, frozen_clock: FrozenClock
) -> None:
    frozen_clock.move_by(hours=14)
    administrator.post("/desk/time/", {"to": "working_day"})
    # From Tuesday, 0:00, to Tuesday, 9:00.
    assert _moved() == timedelta(hours=9)


def test_the_clock_moves_to_the_next_deadline_and_what_happened_is_listed(
    administrator: Client,
) -> None:
    loop = factories.bad_review()
    first = Clock.objects.order_by("next_at").first()
    administrator.post("/desk/time/", {"to": "deadline"})
    assert _moved() == first.next_at - clock.now() + timedelta(seconds=1)
    with clock.frozen(clock.now() + _moved()):
        sweeper.sweep()
        page = administrator.get("/desk/time/").content.decode()
    assert "Reminded" in page
    assert str(loop.organisation) in page


def test_what_happens_within_a_minute_happens_at_once(
    administrator: Client, frozen_clock: FrozenClock
) -> None:
    first = factories.bad_review()
    frozen_clock.move_by(seconds=20)
    second = factories.bad_review()
    page = administrator.get("/desk/time/").content.decode()
    for loop in (first, second):
        assert f"Reminder: “call back” of {loop.matter.code}" in page
    before = clock.now()
    administrator.post("/desk/time/", {"to": "deadline"})
    with clock.frozen(before + _moved()):
        late = Clock.objects.filter(next_at__lte=clock.now(), kind="callback")
        assert late.count() == 2
        # What the loops have not rung yet is no longer next.
        assert "Reminder: “call back”" not in administrator.get("/desk/time/").content.decode()
        sweeper.sweep()
        assert "Falls due: “call back”" in administrator.get("/desk/time/").content.decode()


def test_without_a_running_clock_there_is_nowhere_to_go(administrator: Client) -> None:
    page = administrator.post("/desk/time/", {"to": "deadline"}, follow=True)
    assert "No clock is running" in page.content.decode()
    assert _moved() == timedelta()
