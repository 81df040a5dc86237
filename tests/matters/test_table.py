"""The transition table, walked pair by pair: what it does not name does not happen."""

from datetime import timedelta

import pytest
from django.db import transaction

from huiyin.directory.models import Staff
from huiyin.kernel import clock
from huiyin.kernel.problems import Problem
from huiyin.matters import engine, table
from huiyin.matters.errors import NotNow, NotYours
from huiyin.matters.models import Step
from huiyin.matters.table import TRANSITIONS, Event, Party, State
from tests import factories

pytestmark = pytest.mark.django_db

_SAID = {"milestones": [], "result_class": "explained", "amount": 5, "unit_code": ""}
_STATES = [(state, 1) for state in State if state not in {State.REOPENED, State.CLOSED}] + [
    (state, 2)
    for state in (
        State.REOPENED,
        State.RECTIFYING,
        State.REPLY_DRAFTED,
        State.APPROVED,
        State.CLOSED,
    )
]


def _actors(loop: factories.Loop) -> dict[Party, Staff | None]:
    """Somebody for every party there is."""
    return {
        Party.HANDLER: loop.handler,
        Party.APPROVER: loop.approver,
        Party.SUPERVISOR: loop.supervisor,
        Party.ARBITER: loop.arbiter,
        Party.CO_HANDLER: loop.joint_handler,
        Party.CONCERNED: loop.clerk,
        Party.CITIZEN: None,
        Party.PLATFORM: None,
    }


def _attempt(loop: factories.Loop, event: Event, party: Party, staff: Staff | None) -> None:
    """The bare step, with what the guards ask for; the verbs that write more have their own
    tests."""
    context = {
        "unit": loop.neighbour,
        "lead": loop.matter,
        "until": clock.now() + timedelta(days=1),
        "hearing_until": clock.now(),
    }
    who = {"staff": staff} if staff is not None else {"party": party}
    with transaction.atomic():
        engine.take(engine.lock(loop.matter), event, data=_SAID, context=context, **who)


@pytest.mark.parametrize(("state", "in_round"), _STATES)
def test_only_what_the_table_names_can_happen(state: State, in_round: int) -> None:
    loop = factories.loop(state, in_round=in_round, joint=True)
    before = loop.again().version
    for event in Event:
        rows = table.rows(state, event)
        for party, staff in _actors(loop).items():
            if any(party in row.by for row in rows):
                continue
            with pytest.raises(NotYours if rows else NotNow):
                _attempt(loop, event, party, staff)
    assert loop.again().version == before
    assert loop.matter.state == state


@pytest.mark.parametrize(("state", "in_round"), _STATES)
def test_every_row_leads_where_it_says_or_refuses_with_a_reason(
    state: State, in_round: int
) -> None:
    loop = factories.loop(state, in_round=in_round, joint=True)
    actors, refused = _actors(loop), []
    for row in (row for row in TRANSITIONS if row.source == state):
        for party in row.by:
            save = transaction.savepoint()
            try:
                _attempt(loop, row.event, party, actors[party])
            except Problem as problem:
                refused.append((row, str(problem)))
            else:
                last = Step.objects.filter(matter=loop.matter).latest("number")
                reached = {r.target for r in table.rows(state, row.event) if party in r.by}
                assert loop.again().state == last.state_after
                assert last.state_after in reached
            transaction.savepoint_rollback(save)
    assert all(row.guards and reason for row, reason in refused)


def test_an_outsider_can_do_nothing_in_any_state() -> None:
    loop = factories.loop()
    for event in {row.event for row in TRANSITIONS if row.source == State.DELIVERED}:
        with pytest.raises(NotYours):
            _attempt(loop, event, Party.HANDLER, loop.outsider)


def test_every_state_but_closed_can_be_left_and_every_state_be_reached() -> None:
    reached, frontier = set(), {None}
    while frontier:
        source = frontier.pop()
        targets = {row.target for row in TRANSITIONS if row.source == source} - reached
        reached |= targets
        frontier |= targets
    assert reached == set(State)
    for state in table.OPEN_STATES:
        assert any(row.target != state for row in TRANSITIONS if row.source == state)
    # Only what was under way is still written down; nothing moves.
    ends = [row for row in TRANSITIONS if row.source == State.CLOSED]
    assert {(row.event, row.target) for row in ends} == {(Event.CONTACT, State.CLOSED)}


def test_rows_for_the_same_step_are_told_apart_by_their_guards() -> None:
    for row in TRANSITIONS:
        twins = [other for other in table.rows(row.source, row.event) if other.by & row.by]
        assert len({twin.guards[:1] for twin in twins}) == len(twins)


def test_the_walk_leaves_no_party_out() -> None:
    assert set(_actors(factories.loop())) == set(Party)
    assert set(_STATES) >= {(state, 1) for state in State} - {
        (State.REOPENED, 1),
        (State.CLOSED, 1),
    }
