"""The steps beside the road, as people take them in a browser."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from huiyin.directory.models import Role, Staff
from huiyin.matters.models import Matter
from huiyin.matters.table import ClockKind, Event, State
from tests import factories
from tests.web.people import SignedIn

pytestmark = pytest.mark.django_db


def _page(client: Client, loop: factories.Loop) -> Any:
    return client.get(f"/desk/matters/{loop.matter.code}")


def _offered(client: Client, loop: factories.Loop) -> set[str]:
    return {step.name for step, _form in _page(client, loop).context["further"]}


def _take(client: Client, loop: factories.Loop, name: str, **typed: Any) -> Any:
    typed["version"] = loop.again().version
    return client.post(f"/desk/matters/{loop.matter.code}/{name}", typed)


@pytest.fixture
def loop() -> factories.Loop:
    return factories.loop(State.RECTIFYING)


def test_each_is_offered_the_steps_of_their_own_duties(
    signed_in: SignedIn, loop: factories.Loop
) -> None:
    assert _offered(signed_in(loop.handler), loop) == {"give-to", "ask-extension", "state-side"}
    supervisor = _offered(signed_in(loop.supervisor), loop)
    assert supervisor == {"give-to", "order", "add-unit"}
    assert _offered(signed_in(loop.clerk), loop) == {"state-side"}
    assert _page(signed_in(loop.outsider), loop).status_code == 404


def test_more_time_is_asked_for_and_granted_outside_the_unit(
    signed_in: SignedIn, loop: factories.Loop
) -> None:
    handler, supervisor = signed_in(loop.handler), signed_in(loop.supervisor)
    due = loop.matter.clocks.get(kind=ClockKind.RECTIFICATION).due_at
    assert _take(handler, loop, "ask-extension", amount="", reason="Why").status_code == 422
    assert _take(handler, loop, "ask-extension", amount="5", reason="Parts").status_code == 302
    assert "decide-extension" not in _offered(handler, loop)
    assert "5 working days asked for" in _page(handler, loop).content.decode()
    _take(supervisor, loop, "decide-extension", decision="grant", reason="Justified")
    assert loop.matter.clocks.get(kind=ClockKind.RECTIFICATION).due_at > due
    page = _page(handler, loop).content.decode()
    assert "5 working days granted" in page
    assert "Justified" in page


def test_a_matter_is_handed_on_once_and_leaves_the_desk_of_the_unit(signed_in: SignedIn) -> None:
    loop = factories.loop()
    handler = signed_in(loop.handler)
    elsewhere = loop.joint_handler.organisation
    wrong = _take(handler, loop, "hand-on", unit="No such unit", reason="Theirs")
    assert wrong.status_code == 422
    assert "No unit in use has this name or code." in wrong.content.decode()
    answer = _take(handler, loop, "hand-on", unit=elsewhere.uscc, reason="Theirs")
    assert answer.headers["location"] == "/desk/"
    assert _page(handler, loop).status_code == 404
    there = signed_in(loop.joint_handler)
    page = _page(there, loop).content.decode()
    assert f"{loop.organisation.name} → {elsewhere.name}" in page.replace("&gt;", ">")
    assert _offered(there, loop) >= {"return-matter"}
    assert "hand-on" not in _offered(there, loop)


def test_the_level_above_decides_the_second_time(signed_in: SignedIn) -> None:
    loop = factories.loop(State.RETURNED)
    supervisor = signed_in(loop.supervisor)
    assert _page(supervisor, loop).context["acts"]
    _take(supervisor, loop, "assign", unit=loop.organisation.name, reason="It is yours")
    assert loop.again().state == State.DELIVERED
    assert "return-matter" not in _offered(signed_in(loop.handler), loop)


def test_an_order_is_given_and_answered(signed_in: SignedIn, loop: factories.Loop) -> None:
    supervisor, handler = signed_in(loop.supervisor), signed_in(loop.handler)
    _take(supervisor, loop, "order", demand="Report by Friday.")
    assert "order" not in _offered(supervisor, loop)
    assert "Report by Friday." in _page(handler, loop).content.decode()
    _take(handler, loop, "answer-order", answer="Done on Thursday.")
    assert "Done on Thursday." in _page(supervisor, loop).content.decode()
    assert not loop.matter.clocks.filter(
        kind=ClockKind.SUPERVISION, stopped_at__isnull=True
    ).exists()


def test_another_unit_joins_in_contributes_and_is_released(
    signed_in: SignedIn, loop: factories.Loop
) -> None:
    supervisor, joint = signed_in(loop.supervisor), signed_in(loop.joint_handler)
    assert _page(joint, loop).status_code == 404
    unit = loop.joint_handler.organisation
    _take(supervisor, loop, "add-unit", unit=unit.uscc, task="Check the queue system.")
    assert _offered(joint, loop) == {"contribute"}
    _take(joint, loop, "contribute", text="It was down until noon.")
    assert "It was down until noon." in _page(signed_in(loop.handler), loop).content.decode()
    _take(supervisor, loop, "end-unit", unit=str(unit.pk), reason="Done")
    assert _page(joint, loop).status_code == 404


def test_a_matter_is_given_to_somebody_of_the_unit_only(
    signed_in: SignedIn, loop: factories.Loop
) -> None:
    handler = signed_in(loop.handler)
    refused = _take(handler, loop, "give-to", to=str(loop.outsider.pk))
    assert refused.status_code == 422
    _take(handler, loop, "give-to", to=str(loop.handler.pk))
    assert loop.again().handler == loop.handler
    _take(handler, loop, "give-to", to="")
    assert loop.again().handler is None


def test_matters_about_one_fault_share_an_improvement(
    signed_in: SignedIn, loop: factories.Loop
) -> None:
    handler = signed_in(loop.handler)
    receipt = factories.review(
        factories.event(loop.organisation), level=1, tags=["115"], text="一样的问题"
    )
    other = factories.Loop(
        **vars(loop)
        | {"receipt": receipt, "matter": Matter.objects.exclude(pk=loop.matter.pk).get()}
    )
    factories.reach(other)
    _take(handler, other, "verify", facts="The same queue.")
    assert "merge" in _offered(handler, other)
    _take(handler, other, "merge", lead=loop.matter.code)
    assert other.again().improvement_of == loop.matter
    assert other.matter.state == State.RECTIFYING
    assert other.matter.code in _page(handler, loop).content.decode()
    _take(handler, other, "split")
    assert other.again().state == State.VERIFIED


def test_the_clerk_concerned_states_their_side(signed_in: SignedIn, loop: factories.Loop) -> None:
    clerk = signed_in(loop.clerk)
    _take(clerk, loop, "state-side", text="The system was down.")
    step = loop.matter.steps.get(event=Event.STATE_SIDE)
    assert step.actor == loop.clerk
    assert "The system was down." in _page(signed_in(loop.handler), loop).content.decode()


@pytest.mark.parametrize("name", ["assign", "order", "add-unit", "decide-extension"])
def test_what_is_the_supervisors_is_nobody_elses(
    signed_in: SignedIn, loop: factories.Loop, name: str
) -> None:
    typed = {
        "unit": loop.joint_handler.organisation.uscc,
        "reason": "x",
        "task": "x",
        "demand": "x",
        "decision": "grant",
    }
    before, refused = loop.matter.version, {403, 409, 422}
    people: list[tuple[Staff, set[int]]] = [
        (loop.handler, refused),
        (loop.approver, refused),
        (loop.clerk, refused),
        (loop.outsider, {404}),
        (factories.staff(Role.SUPERVISOR), {404}),
    ]
    for staff, statuses in people:
        assert _take(signed_in(staff), loop, name, **typed).status_code in statuses
    assert loop.again().version == before
