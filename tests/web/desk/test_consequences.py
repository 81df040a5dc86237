"""Consequences for staff, as people record, read, object to and decide on them in a browser."""

from __future__ import annotations

import pytest

from huiyin.directory.models import Role
from huiyin.matters.models import Consequence
from huiyin.matters.table import State
from tests import factories
from tests.support.clock import FrozenClock
from tests.web.people import SignedIn

pytestmark = pytest.mark.django_db


@pytest.fixture
def loop() -> factories.Loop:
    return factories.loop(State.RECTIFYING)


def _typed(loop: factories.Loop, **changes: str) -> dict[str, str]:
    return {
        "concerned": str(loop.clerk.pk),
        "measure": "Not considered for this year's award",
        "reason": "Sent people away without looking at their papers.",
        "legal_basis": "House rules, article 7",
        "starts_on": "2024-03-05",
        "ends_on": "2024-12-31",
    } | changes


def _recorded(signed_in: SignedIn, loop: factories.Loop) -> str:
    address = f"/desk/matters/{loop.matter.code}/consequence"
    answer = signed_in(loop.supervisor).post(address, _typed(loop))
    assert answer.status_code == 302, answer.content.decode()
    return str(answer.headers["location"])


def test_a_supervisor_records_and_the_clerk_reads_and_objects(
    signed_in: SignedIn, loop: factories.Loop
) -> None:
    address = _recorded(signed_in, loop)
    clerk = signed_in(loop.clerk)
    assert address in clerk.get("/desk/?show=open").content.decode()
    assert address in clerk.get("/desk/consequences/").content.decode()
    clerk.post(address, {"objection": "I did look at them."})
    assert clerk.post(address, {"objection": "Again."}).status_code == 404
    # The one who decided does not answer the objection; another supervisor does.
    assert signed_in(loop.supervisor).post(address, {"answer": "x"}).status_code == 404
    other = signed_in(factories.staff(Role.SUPERVISOR, of=loop.supervisor.organisation))
    assert other.post(address, {"answer": "", "decision": "lift"}).status_code == 422
    other.post(address, {"answer": "The camera shows it.", "decision": "lift"})
    row = Consequence.objects.get()
    assert (row.kept, row.answer) == (False, "The camera shows it.")
    assert "The camera shows it." in clerk.get(address).content.decode()


def test_nobody_else_learns_of_it(signed_in: SignedIn, loop: factories.Loop) -> None:
    address = _recorded(signed_in, loop)
    for staff in (loop.handler, loop.approver, loop.outsider, loop.joint_handler, loop.arbiter):
        client = signed_in(staff)
        assert client.get(address).status_code == 404
        assert address not in client.get("/desk/consequences/").content.decode()


def test_only_a_supervisor_of_the_unit_records_one(
    signed_in: SignedIn, loop: factories.Loop
) -> None:
    address = f"/desk/matters/{loop.matter.code}/consequence"
    for staff in (loop.handler, loop.approver, loop.clerk, loop.outsider):
        assert signed_in(staff).get(address).status_code == 404
        assert signed_in(staff).post(address, _typed(loop)).status_code == 404
    assert (
        address
        in signed_in(loop.supervisor).get(f"/desk/matters/{loop.matter.code}").content.decode()
    )
    assert not Consequence.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"reason": " "},
        {"legal_basis": ""},
        {"measure": ""},
        {"ends_on": "2024-03-04"},
        {"starts_on": "soon"},
        {"concerned": ""},
    ],
)
def test_a_consequence_needs_everything_that_makes_it_one(
    signed_in: SignedIn, loop: factories.Loop, changes: dict[str, str]
) -> None:
    address = f"/desk/matters/{loop.matter.code}/consequence"
    answer = signed_in(loop.supervisor).post(address, _typed(loop, **changes))
    assert answer.status_code == 422
    assert not Consequence.objects.exists()


def test_after_the_time_there_is_no_form_to_object(
    signed_in: SignedIn, loop: factories.Loop, frozen_clock: FrozenClock
) -> None:
    address = _recorded(signed_in, loop)
    frozen_clock.move_to(Consequence.objects.get().objection_until)
    clerk = signed_in(loop.clerk)
    assert "<textarea" not in clerk.get(address).content.decode()
    assert clerk.post(address, {"objection": "Late."}).status_code == 404
    assert address not in clerk.get("/desk/?show=open").content.decode()
