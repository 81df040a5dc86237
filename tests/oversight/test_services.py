from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from huiyin.matters.table import State
from huiyin.oversight import queries, services
from huiyin.oversight.models import Dimension, Fault, FaultMatter, Tally, UnfoldedStep
from huiyin.reviews.models import Channel
from tests import factories
from tests.support.clock import FrozenClock

pytestmark = pytest.mark.django_db


def _again(loop: factories.Loop, **said: object) -> None:
    """Another bad review of the same unit."""
    changes = {"taskName": said.pop("item")} if "item" in said else {}
    factories.review(
        factories.event(loop.organisation, **changes), **({"level": 1, "tags": ["115"]} | said)
    )


def _fold() -> None:
    while services.fold_steps():
        pass


def _amounts(place: str, dimension: Dimension) -> dict[str, tuple[int, int]]:
    found, _all = queries.amounts(place, dimension, queries.period(30), limit=50)
    return {amount.value: (amount.now, amount.before) for amount in found}


def test_a_bad_review_counts_at_every_place_it_belongs_to() -> None:
    loop = factories.bad_review(tags=["115", "113"])
    factories.review(factories.event(loop.organisation), level=5)
    _fold()
    unit, above = loop.organisation, loop.organisation.parent
    for place in (unit.pk.hex, above.pk.hex, factories.PROVINCE, factories.COUNTY):
        assert _amounts(place, Dimension.ALL) == {"": (1, 0)}, place
    assert _amounts(unit.pk.hex, Dimension.TAG) == {"115": (1, 0), "113": (1, 0)}
    assert _amounts(unit.pk.hex, Dimension.CHANNEL) == {"web": (1, 0)}
    assert _amounts(unit.pk.hex, Dimension.ITEM) == {"社会保障卡申领": (1, 0)}
    counter = f"{unit.pk.hex}/12/测试大厅"
    assert _amounts(unit.pk.hex, Dimension.COUNTER) == {counter: (1, 0)}
    assert _amounts(loop.outsider.organisation.pk.hex, Dimension.ALL) == {}


def test_the_period_before_is_counted_beside_the_period(frozen_clock: FrozenClock) -> None:
    loop = factories.bad_review()
    frozen_clock.move_by(days=25)
    _again(loop, channel=Channel.HOTLINE)
    _again(loop)
    frozen_clock.move_by(days=15)
    _fold()
    assert _amounts(loop.organisation.pk.hex, Dimension.ALL) == {"": (2, 1)}
    totals = queries.totals([loop.organisation.pk.hex, "nowhere"], queries.period(30))
    assert {place: amount.change for place, amount in totals.items()} == {
        loop.organisation.pk.hex: 1
    }


def test_a_citizen_who_hides_from_the_unit_is_not_found_by_the_counter() -> None:
    loop = factories.bad_review(hide_name_from_unit=True)
    _fold()
    assert _amounts(loop.organisation.pk.hex, Dimension.COUNTER) == {"": (1, 0)}


def test_an_item_whose_name_tells_the_applicant_is_counted_by_its_code() -> None:
    loop = factories.bad_review()
    _again(loop, item=f"{factories.NAME}的低保申请")
    _fold()
    values = _amounts(loop.organisation.pk.hex, Dimension.ITEM)
    assert not [value for value in values if factories.NAME in value]


def test_folding_twice_counts_once_and_leaves_no_marks() -> None:
    loop = factories.bad_review()
    assert UnfoldedStep.objects.exists()
    _fold()
    _fold()
    assert not UnfoldedStep.objects.exists()
    assert Tally.objects.get(place=loop.organisation.pk.hex, dimension=Dimension.ALL).amount == 1


def test_a_fold_that_fails_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    factories.bad_review()
    with monkeypatch.context() as broken:
        broken.setattr(services.faults, "follow", lambda batch: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            services.fold_steps()
    assert not Tally.objects.exists()
    _fold()
    assert Tally.objects.exists()


def test_a_fault_came_back_when_it_had_been_solved_before(frozen_clock: FrozenClock) -> None:
    loop = _solved()
    frozen_clock.move_by(days=3)
    _again(loop)
    _again(loop, tags=["110"])
    _fold()
    fault = Fault.objects.get(organisation=loop.organisation, basis=Fault.Basis.TAG)
    assert (fault.value, fault.times) == ("115", 1)
    links = FaultMatter.objects.filter(fault=fault).order_by("opened_at")
    assert [(link.again, link.solved_at is not None) for link in links] == [
        (False, True),
        (True, False),
    ]
    back = queries.came_back(_everywhere(), queries.period(30))
    assert list(back) == [fault]
    frozen_clock.move_by(days=40)
    assert not queries.came_back(_everywhere(), queries.period(30)).exists()


def test_the_unit_s_own_root_cause_comes_back_in_the_same_item(frozen_clock: FrozenClock) -> None:
    loop = _solved()
    frozen_clock.move_by(days=3)
    _again(loop, tags=["110"])
    second = factories.Matter.objects.latest("opened_at")
    loop.matter = second
    factories._verify(loop)
    factories._plan(loop)
    _fold()
    fault = Fault.objects.get(organisation=loop.organisation, basis=Fault.Basis.CAUSE)
    assert (fault.value, fault.item_name, fault.times) == ("process", "社会保障卡申领", 1)


def test_what_was_only_promised_is_no_fault_that_comes_back(frozen_clock: FrozenClock) -> None:
    loop = factories.loop(State.TOLD)
    frozen_clock.move_by(days=3)
    _again(loop)
    _fold()
    assert not Fault.objects.exists()


def test_a_fault_is_forgotten_after_a_year(frozen_clock: FrozenClock) -> None:
    loop = _solved()
    frozen_clock.move_by(days=400)
    _again(loop)
    _fold()
    assert not Fault.objects.filter(times__gt=0).exists()


def test_folding_takes_as_many_queries_for_many_steps_as_for_few() -> None:
    loop = _solved()
    _fold()
    counts = []
    for number in (2, 12):
        for _ in range(number):
            _again(loop)
        with CaptureQueriesContext(connection) as queries_made:
            services.fold_steps()
        # Opening a sealed name asks nothing of the database.
        counts.append(len(queries_made))
    assert counts[0] == counts[1]


def _solved() -> factories.Loop:
    """A matter whose citizen was told that it is solved."""
    return factories.solve(factories.loop(State.RECTIFYING))


def _everywhere() -> object:
    return factories.Organisation.objects.all()
