import pytest

from huiyin.directory.models import Role, Staff
from huiyin.kernel.problems import NotFound
from huiyin.matters import queries, services
from huiyin.matters.models import Matter
from huiyin.matters.table import Event, State
from tests import factories

pytestmark = pytest.mark.django_db


def test_everybody_sees_exactly_their_scope() -> None:
    loop, other = factories.loop(), factories.loop()
    for staff in (loop.handler, loop.approver, loop.supervisor):
        assert list(queries.visible_to(staff)) == [loop.matter]
    auditor = factories.staff(Role.AUDITOR, over=factories.region("330000000000"))
    assert set(queries.visible_to(auditor)) == {loop.matter, other.matter}


@pytest.mark.parametrize("role", [Role.HANDLER, Role.ADMINISTRATOR, Role.ARBITER])
def test_an_outsider_sees_nothing_and_learns_nothing(role: Role) -> None:
    loop = factories.loop()
    outsider = factories.staff(role, of=factories.organisation())
    assert not queries.visible_to(outsider).exists()
    for code in (loop.matter.code, "NO-SUCH"):
        with pytest.raises(NotFound):
            queries.get_visible(outsider, code)


def test_who_left_sees_nothing() -> None:
    loop = factories.loop()
    loop.handler.is_active = False
    loop.handler.save()
    assert not queries.visible_to(loop.handler).exists()


def test_the_arbiter_sees_what_was_reopened_outside_the_own_line() -> None:
    first, second = factories.loop(), factories.loop(State.REOPENED)
    assert list(queries.visible_to(second.arbiter)) == [second.matter]
    superior = second.organisation.parent
    own_line = factories.staff(Role.ARBITER, of=superior, over=factories.region("330000000000"))
    assert not queries.visible_to(own_line).exists()
    assert first.matter


def test_only_steps_that_the_actor_may_take_are_offered() -> None:
    loop = factories.loop(State.REPLY_DRAFTED)
    decisions = {Event.APPROVE_REPLY, Event.RETURN_REPLY}
    assert not queries.possible_events(loop.handler, loop.again()) & decisions
    assert queries.possible_events(loop.approver, loop.matter) == {*decisions, Event.GIVE_TO}
    assert queries.possible_events(loop.clerk, loop.matter) == {Event.STATE_SIDE}
    assert queries.possible_events(loop.outsider, loop.matter) == set()


def test_the_citizen_sees_the_reply_that_was_told_and_no_draft() -> None:
    loop = factories.loop(State.APPROVED)
    assert queries.told_replies(loop.again()) == []
    factories._tell(loop)
    assert [reply.number for reply in queries.told_replies(loop.again())] == [1]
    again = factories.loop(State.REPLY_DRAFTED, in_round=2)
    assert [reply.round for reply in queries.told_replies(again.matter)] == [1]


def _waits_for(who: Staff, *roles: Role) -> set[Matter]:
    return set(queries.visible_to(who).filter(queries.waiting_for(who, roles)))


def test_what_was_asked_of_somebody_waits_for_them() -> None:
    loop = factories.loop(State.RECTIFYING)
    assert _waits_for(loop.supervisor, Role.SUPERVISOR) == set()
    services.ask_extension(**loop.now(loop.handler), amount=3, reason="Parts are on their way.")
    assert _waits_for(loop.supervisor, Role.SUPERVISOR) == {loop.matter}
    # Decided outside the unit: its own head is not asked.
    head = factories.staff(Role.SUPERVISOR, of=loop.organisation)
    assert _waits_for(head, Role.SUPERVISOR) == set()
    services.decide_extension(**loop.now(loop.supervisor), grant=False, reason="No.")
    assert _waits_for(loop.supervisor, Role.SUPERVISOR) == set()


def test_an_open_order_waits_for_the_unit_even_when_the_citizen_has_been_told() -> None:
    loop = factories.loop(State.TOLD)
    assert _waits_for(loop.handler, Role.HANDLER) == set()
    services.order(**loop.now(loop.supervisor), demand="Report.")
    assert _waits_for(loop.handler, Role.HANDLER) == {loop.matter}
