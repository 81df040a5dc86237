"""Handing one's duties over for a time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from huiyin.directory import services
from huiyin.directory.models import Organisation, Role, Staff
from huiyin.directory.queries import on_duty_over, roles_over
from huiyin.kernel import clock
from huiyin.kernel.problems import Invalid
from tests import factories
from tests.support.clock import FrozenClock
from tests.web.people import SignedIn

pytestmark = pytest.mark.django_db


def _told(unit: Organisation) -> set[Any]:
    loaded = Organisation.objects.select_related("region").get(pk=unit.pk)
    return {person.staff_id for person in on_duty_over([loaded], [Role.HANDLER])[unit.pk]}


@pytest.fixture
def loop() -> factories.Loop:
    return factories.loop()


@pytest.fixture
def colleague(loop: factories.Loop) -> Staff:
    return factories.staff(Role.AUDITOR, of=loop.organisation)


def _typed(to: Staff, days: int = 3, **more: str) -> dict[str, str]:
    first = clock.today()
    last = first + timedelta(days=days)
    return {
        "to": str(to.pk),
        "starts_on": first.isoformat(),
        "ends_on": last.isoformat(),
    } | more


def test_the_stand_in_has_the_duties_and_is_told_until_the_last_day(
    signed_in: SignedIn, loop: factories.Loop, colleague: Staff, frozen_clock: FrozenClock
) -> None:
    unit = loop.organisation
    loop.matter.handler = loop.handler
    loop.matter.save()
    assert _told(unit) == {loop.handler.pk}
    page = signed_in(loop.handler).post("/desk/away/", _typed(colleague, matters="on"), follow=True)
    assert "stands in for you" in page.content.decode()
    assert _told(unit) == {colleague.pk}
    assert Role.HANDLER in roles_over(colleague, unit)
    assert loop.again().handler == colleague
    assert "You stand in for" in signed_in(colleague).get("/desk/away/").content.decode()
    frozen_clock.move_by(days=4)
    assert _told(unit) == {loop.handler.pk}
    assert Role.HANDLER not in roles_over(colleague, unit)


def test_who_is_back_early_has_the_duties_alone_again(
    signed_in: SignedIn, loop: factories.Loop, colleague: Staff, frozen_clock: FrozenClock
) -> None:
    signed_in(loop.handler).post("/desk/away/", _typed(colleague))
    frozen_clock.move_by(days=1)
    signed_in(loop.handler).post("/desk/away/", {"end": "1"})
    assert _told(loop.organisation) == {loop.handler.pk}
    assert Role.HANDLER not in roles_over(colleague, loop.organisation)


def test_duties_go_to_colleagues_only_and_not_on_to_a_third(
    loop: factories.Loop, colleague: Staff
) -> None:
    today = clock.today()
    span = {"starts_on": today, "ends_on": today + timedelta(days=2)}
    for to in (loop.outsider, loop.handler):
        with pytest.raises(Invalid):
            services.hand_over(staff=loop.handler, to=to, **span)
    services.hand_over(staff=loop.handler, to=colleague, **span)
    third = factories.staff(Role.AUDITOR, of=loop.organisation)
    handed = services.hand_over(staff=colleague, to=third, **span)
    assert {duty.role for duty in handed} == {Role.AUDITOR}
    # And nobody stands in who is away themselves.
    with pytest.raises(Invalid):
        services.hand_over(staff=loop.approver, to=loop.handler, **span)


@pytest.mark.parametrize(
    "changes",
    [
        {"starts_on": "2024-03-01"},
        {"ends_on": "2024-03-03"},
        {"ends_on": "2026-03-01"},
        {"to": ""},
        {"ends_on": "soon"},
    ],
)
def test_what_cannot_be_is_said_at_the_form(
    signed_in: SignedIn, loop: factories.Loop, colleague: Staff, changes: dict[str, str]
) -> None:
    answer = signed_in(loop.handler).post("/desk/away/", _typed(colleague) | changes)
    assert answer.status_code == 422
    assert not loop.handler.stood_in_for.exists()


def test_the_administration_is_not_handed_over(loop: factories.Loop) -> None:
    administrator = factories.staff(Role.ADMINISTRATOR, of=loop.organisation)
    with pytest.raises(Invalid):
        services.hand_over(
            staff=administrator,
            to=loop.handler,
            starts_on=clock.today(),
            ends_on=clock.today(),
        )
