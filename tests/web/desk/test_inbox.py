from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from huiyin.directory.models import Duty, Role
from huiyin.kernel import clock
from huiyin.matters.models import Clock, Matter
from huiyin.matters.table import State
from huiyin.notices import queries as notices
from huiyin.notices.dispatcher import dispatch_due
from huiyin.web.desk import inbox
from tests import factories
from tests.support.clock import FrozenClock
from tests.web.people import SignedIn

pytestmark = pytest.mark.django_db


def _codes(client: Client, query: str = "") -> list[str]:
    page = client.get(f"/desk/{query}").content.decode()
    return re.findall(r'id="matter-(\w+)"', page)


def _more_of(loop: factories.Loop) -> Matter:
    """Another bad review of the same unit."""
    event = factories.event(loop.organisation)
    factories.review(event, level=2, text="又等了很久。")
    return Matter.objects.order_by("-opened_at", "-pk").first()


def test_nobody_gets_in_without_signing_in_and_the_deep_link_survives(client: Client) -> None:
    answer = client.get("/desk/matters/ABCDEFGH12")
    assert answer["Location"] == "/desk/login/?next=/desk/matters/ABCDEFGH12"


def test_what_is_due_next_comes_first(signed_in: SignedIn, frozen_clock: FrozenClock) -> None:
    loop = factories.bad_review()
    frozen_clock.move_by(days=1)
    second = _more_of(loop)
    frozen_clock.move_by(days=1)
    third = _more_of(loop)
    moved_on = factories.loop(State.VERIFIED)
    Duty.objects.create(staff=loop.handler, role=Role.HANDLER, organisation=moved_on.organisation)
    codes = _codes(signed_in(loop.handler), "?show=open")
    assert codes == [loop.matter.code, second.code, third.code, moved_on.matter.code]


def test_each_sees_their_scope_and_an_outsider_nothing(signed_in: SignedIn) -> None:
    loop = factories.bad_review()
    for who in (loop.handler, loop.approver, loop.supervisor):
        assert _codes(signed_in(who), "?show=open") == [loop.matter.code]
    for who in (loop.outsider, loop.arbiter):
        assert _codes(signed_in(who), "?show=open") == []


@pytest.mark.parametrize(
    ("state", "in_round", "who"),
    [
        (State.DELIVERED, 1, "handler"),
        (State.UNREACHABLE_ASKED, 1, "supervisor"),
        (State.VERIFIED, 1, "handler"),
        (State.RECTIFYING, 1, "handler"),
        (State.REPLY_DRAFTED, 1, "approver"),
        (State.TOLD, 1, None),
        (State.REOPENED, 2, "handler"),
        (State.REPLY_DRAFTED, 2, "arbiter"),
        (State.CLOSED, 2, None),
    ],
)
def test_a_matter_waits_for_the_one_who_has_to_act(
    signed_in: SignedIn, state: State, in_round: int, who: str | None
) -> None:
    loop = factories.loop(state, in_round=in_round)
    for name in ("handler", "approver", "supervisor", "arbiter"):
        waiting = _codes(signed_in(getattr(loop, name)), "?show=mine")
        assert waiting == ([loop.matter.code] if name == who else []), name


def test_what_i_drafted_myself_does_not_wait_for_my_approval(signed_in: SignedIn) -> None:
    loop = factories.loop(State.REPLY_DRAFTED)
    Duty.objects.create(staff=loop.handler, role=Role.APPROVER, organisation=loop.organisation)
    assert _codes(signed_in(loop.handler), "?show=mine") == []


def test_late_and_closed_have_lists_of_their_own(
    signed_in: SignedIn, frozen_clock: FrozenClock
) -> None:
    loop = factories.bad_review()
    client = signed_in(loop.handler)
    assert _codes(client, "?show=late") == []
    frozen_clock.move_by(days=3)
    assert _codes(client, "?show=late") == [loop.matter.code]
    done = factories.loop(State.CLOSED)
    assert _codes(signed_in(done.handler), "?show=closed") == [done.matter.code]
    assert _codes(signed_in(done.handler), "?show=open") == []


def test_a_number_leads_to_its_matter_however_it_is_typed(signed_in: SignedIn) -> None:
    loop = factories.bad_review()
    code = loop.matter.code
    typed = f"{code[:4]} {code[4:]}".lower()
    answer = signed_in(loop.handler).get("/desk/", {"q": typed})
    assert answer["Location"] == f"/desk/matters/{code}"
    page = signed_in(loop.outsider).get("/desk/", {"q": code})
    assert page.status_code == 200
    assert "You can see no matter with the number" in page.content.decode()


def test_the_list_is_paged_without_gaps_or_repetitions(
    signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "PAGE_SIZE", 2)
    loop = factories.bad_review()
    matters = [loop.matter, *(_more_of(loop) for _ in range(4))]
    # A matter without a clock comes last.
    Clock.objects.filter(matter=loop.matter).update(stopped_at=clock.now(), next_at=None)
    Matter.objects.filter(pk=loop.matter.pk).update(next_due_at=None)
    client, seen, query = signed_in(loop.handler), [], "?show=open"
    while query:
        page = client.get(f"/desk/{query}").content.decode()
        seen += re.findall(r'id="matter-(\w+)"', page)
        further = re.search(r'href="/desk/(\?[^"]+)"[^>]*rel="next"', page)
        query = further.group(1).replace("&amp;", "&") if further else ""
    assert sorted(seen) == sorted(matter.code for matter in matters)
    assert seen[-1] == loop.matter.code


def test_a_cursor_that_is_none_leads_back_to_the_list(signed_in: SignedIn) -> None:
    loop = factories.bad_review()
    for cursor in ("nonsense", "WyIyMDI0Il0", "WzEsIDJd"):
        answer = signed_in(loop.handler).get("/desk/", {"show": "open", "after": cursor})
        assert answer["Location"] == "/desk/", cursor


def test_more_matters_cost_no_more_queries(signed_in: SignedIn) -> None:
    loop = factories.bad_review()
    client = signed_in(loop.handler)
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get("/desk/")
    for _ in range(5):
        _more_of(loop)
    with CaptureQueriesContext(connection) as many:
        assert len(_codes(client)) == 6
    assert len(many) == len(few) <= 35


def test_an_administrator_lands_where_things_are_managed(signed_in: SignedIn) -> None:
    administrator = factories.staff(Role.ADMINISTRATOR, over=factories.region(factories.PROVINCE))
    assert signed_in(administrator).get("/desk/")["Location"] == "/desk/administration/"


def test_an_auditor_sees_all_and_is_offered_no_list_to_act_on(signed_in: SignedIn) -> None:
    loop = factories.bad_review()
    auditor = factories.staff(Role.AUDITOR, over=factories.region(factories.PROVINCE))
    page = signed_in(auditor).get("/desk/").content.decode()
    assert loop.matter.code in page
    assert "?show=mine" not in page


def test_a_duty_that_ended_yesterday_shows_nothing(signed_in: SignedIn) -> None:
    loop = factories.bad_review()
    yesterday = clock.today() - timedelta(days=1)
    loop.handler.duties.update(starts_on=yesterday, ends_on=yesterday)
    assert _codes(signed_in(loop.handler), "?show=open") == []


@pytest.mark.parametrize(
    "query", ["?show=open", "?show=late", "?show=closed", "?show=open&given=nobody", "?q=000000000"]
)
@pytest.mark.parametrize("who", ["handler", "supervisor"])
def test_thirty_matters_cost_as_many_queries_as_three(
    signed_in: SignedIn, frozen_clock: FrozenClock, who: str, query: str
) -> None:
    loop = factories.bad_review()

    def more(number: int) -> None:
        for place in range(number):
            matter = _more_of(loop)
            if place % 2:
                Matter.objects.filter(pk=matter.pk).update(
                    state=State.CLOSED, closed_at=clock.now(), next_due_at=None
                )

    client = signed_in(getattr(loop, who))

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"/desk/{query}").status_code == 200
        return len(queries)

    more(2)
    frozen_clock.move_by(days=3)
    few = cost()
    more(27)
    frozen_clock.move_by(days=3)
    assert cost() == few


def test_the_badge_stops_counting(signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notices, "UNREAD_SHOWN", 2)
    loop = factories.bad_review()
    _arrive(loop, 4)
    page = signed_in(loop.handler).get("/desk/").content.decode()
    assert 'data-unread="3" data-most="2"' in page
    assert "Unread: 2+" in page


def _arrive(loop: factories.Loop, number: int) -> None:
    """Notices of ``number`` matters, in the handler's inbox."""
    for _ in range(number - 1):
        _more_of(loop)
    while dispatch_due():
        pass


def test_matters_are_given_within_one_unit_where_there_are_too_many_people(
    signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "PEOPLE", 1)
    loop = factories.bad_review()
    client = signed_in(loop.supervisor)
    assert "narrow the list to one unit" in client.get("/desk/?show=open").content.decode()
    page = client.get(f"/desk/?show=open&unit={loop.organisation.uscc}").content.decode()
    assert f'<option value="{loop.handler.username}">' in page
