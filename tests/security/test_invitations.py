"""Who is given an invitation's link, and what it tells whoever holds it."""

from __future__ import annotations

import pytest

from huiyin.intake.events.services import take_in
from huiyin.reviews.models import Invitation
from tests import factories

pytestmark = pytest.mark.django_db


def test_one_integrator_does_not_get_the_invitation_of_anothers_event() -> None:
    unit = factories.organisation()
    first, _key = factories.integrator()
    other, _key = factories.integrator()
    row = factories.event_row(unit)
    take_in([row], first)

    [verdict] = take_in([row | {"invite": True, "mobile": "13900000000"}], other)

    assert verdict.outcome == "duplicate"
    assert verdict.invitation is None
    assert not Invitation.objects.exists()


def test_the_integrator_that_pushed_an_event_gets_the_same_invitation_again() -> None:
    unit = factories.organisation()
    pusher, _key = factories.integrator()
    row = factories.event_row(unit, invite=True)

    [first] = take_in([row], pusher)
    [again] = take_in([row], pusher)

    assert first.invitation
    assert again.invitation == first.invitation
