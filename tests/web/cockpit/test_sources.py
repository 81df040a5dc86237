from __future__ import annotations

import pytest
from django.test import Client

from huiyin.directory.models import Role, ServiceItem
from huiyin.kernel import clock
from huiyin.matters.models import Matter
from huiyin.matters.table import State
from huiyin.notices import dispatcher
from huiyin.oversight.models import DelayTally, Fault
from huiyin.oversight.services import fold_steps
from huiyin.reviews.models import Channel
from tests import factories
from tests.support.clock import FrozenClock
from tests.web.people import SignedIn

pytestmark = pytest.mark.django_db


def _fold() -> None:
    while fold_steps():
        pass


def _lines(client: Client, **query: object) -> list[tuple[str, int, int]]:
    answer = client.get("/cockpit/sources/", query)
    assert answer.status_code == 200
    return [(line.name, line.amount.now, line.amount.before) for line in answer.context["lines"]]


def _more_of(loop: factories.Loop, **said: object) -> None:
    factories.review(factories.event(loop.organisation), **({"level": 1, "text": "太慢"} | said))


def test_where_bad_reviews_come_from_by_everything_they_have_in_common(
    signed_in: SignedIn, frozen_clock: FrozenClock
) -> None:
    loop = factories.bad_review(tags=["115"], channel=Channel.SMS)
    frozen_clock.move_by(days=30)
    _more_of(loop)
    _more_of(loop, hide_name_from_unit=True)
    _fold()
    client = signed_in(loop.supervisor)
    assert _lines(client, by="unit") == [(loop.organisation.name, 2, 1)]
    assert _lines(client, by="item") == [("社会保障卡申领", 2, 1)]
    assert _lines(client, by="channel") == [("website", 2, 0), ("SMS", 0, 1)]
    tags = _lines(client, by="tag")
    assert tags[0] == ("No reason chosen, text only", 2, 0)
    assert tags[1][1:] == (0, 1)
    assert _lines(client, by="counter") == [
        ("测试大厅 · counter 12", 1, 1),
        ("No counter, or hidden by the citizen", 1, 0),
    ]
    over_time = _lines(client, by="time")
    assert len(over_time) == 30
    assert sum(now for _day, now, _before in over_time) == 2
    assert _lines(client, by="unit", days=90) == [(loop.organisation.name, 3, 0)]


def test_a_region_leads_down_to_its_units(signed_in: SignedIn) -> None:
    loop = factories.bad_review()
    _more_of(loop)
    _fold()
    province = factories.region(factories.PROVINCE)
    client = signed_in(
        factories.staff(Role.SUPERVISOR, of=factories.organisation(at=province), over=province)
    )
    [top] = _lines(client)
    assert top[1:] == (2, 0)
    [county] = _lines(client, at=factories.PREFECTURE)[:1]
    assert county[1:] == (2, 0)
    units = _lines(client, at=factories.COUNTY)
    assert (loop.organisation.name, 2, 0) in units
    own = _lines(client, at=loop.organisation.uscc)
    assert own == [(f"{loop.organisation.name} itself", 2, 0)]


def test_an_item_has_its_english_name(signed_in: SignedIn) -> None:
    loop = factories.bad_review()
    item = ServiceItem.objects.create(
        organisation=loop.organisation,
        code=f"{loop.organisation.uscc}2000000000009",
        name="社会保障卡申领",
        name_en="Social security card",
    )
    _fold()
    assert item.name_en in str(_lines(signed_in(loop.supervisor), by="item"))


def test_a_fault_that_came_back_leads_to_its_matters(
    signed_in: SignedIn, frozen_clock: FrozenClock
) -> None:
    loop = factories.solve(factories.loop(State.RECTIFYING))
    frozen_clock.move_by(days=2)
    _more_of(loop, tags=["115"])
    second = Matter.objects.latest("opened_at", "pk")
    _more_of(loop, tags=["115"])
    _fold()
    client = signed_in(loop.supervisor)
    page = client.get("/cockpit/faults/").content.decode()
    fault = Fault.objects.get(times=2)
    assert f"/cockpit/faults/{fault.pk}" in page
    page = client.get(f"/cockpit/faults/{fault.pk}").content.decode()
    assert loop.matter.code in page
    assert second.code in page
    assert "2 open matters here are about the same fault" in page
    # Of another scope it does not exist.
    other = factories.bad_review()
    assert signed_in(other.supervisor).get(f"/cockpit/faults/{fault.pk}").status_code == 404
    assert str(fault.pk) not in signed_in(other.supervisor).get("/cockpit/faults/").content.decode()


def test_delays_are_counted_by_transport_as_they_arrive(
    signed_in: SignedIn, frozen_clock: FrozenClock
) -> None:
    loop = factories.bad_review()
    frozen_clock.move_by(seconds=1.234)
    while dispatcher.dispatch_due():
        pass
    assert set(DelayTally.objects.values_list("transport", "value")) == {("inbox", 1300)}
    assert DelayTally.objects.get().day == clock.today()
    page = signed_in(loop.supervisor).get("/cockpit/delays/").content.decode()
    assert "Inbox on the desk" in page
    assert "1.3 s" in page
