from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from huiyin.directory.models import Duty, Region, Role
from huiyin.matters import services
from huiyin.matters.models import Clock, Matter
from huiyin.matters.table import State
from huiyin.oversight.services import fold_steps
from huiyin.web.cockpit import lists, work
from tests import factories
from tests.support.clock import FrozenClock
from tests.web.people import SignedIn

pytestmark = pytest.mark.django_db

PAGES = (
    "/cockpit/",
    "/cockpit/late/",
    "/cockpit/soon/",
    "/cockpit/decisions/",
    "/cockpit/orders/",
    "/cockpit/sources/",
    "/cockpit/faults/",
    "/cockpit/delays/",
)


def _codes(client: Client, address: str) -> list[str]:
    page = client.get(address)
    assert page.status_code == 200, address
    return re.findall(r'id="(?:matter|order)-(\w+)"', page.content.decode())


def _more_of(loop: factories.Loop) -> Matter:
    """Another bad review of the same unit."""
    factories.review(factories.event(loop.organisation), level=2, text="又等了很久。")
    return Matter.objects.latest("opened_at", "pk")


@pytest.mark.parametrize("address", PAGES)
def test_only_supervisors_and_auditors_have_a_cockpit(signed_in: SignedIn, address: str) -> None:
    loop = factories.bad_review()
    auditor = factories.staff(Role.AUDITOR, of=loop.organisation.parent)
    administrator = factories.staff(Role.ADMINISTRATOR, over=factories.region(factories.PROVINCE))
    for who in (loop.supervisor, auditor):
        assert signed_in(who).get(address).status_code == 200
    for who in (loop.handler, loop.approver, loop.arbiter, loop.outsider, administrator):
        assert signed_in(who).get(address).status_code == 404
    assert Client().get(address)["Location"] == f"/desk/login/?next={address}"


def test_the_desk_leads_there_for_those_who_have_one(signed_in: SignedIn) -> None:
    loop = factories.bad_review()
    link = 'href="/cockpit/"'
    assert link in signed_in(loop.supervisor).get("/desk/").content.decode()
    assert link not in signed_in(loop.handler).get("/desk/").content.decode()


def test_what_is_late_and_what_soon_will_be(signed_in: SignedIn, frozen_clock: FrozenClock) -> None:
    loop = factories.bad_review()
    client = signed_in(loop.supervisor)
    code = loop.matter.code
    # Monday 10:00; the callback is due on Tuesday at 24:00.
    assert _codes(client, "/cockpit/late/") == _codes(client, "/cockpit/soon/") == []
    frozen_clock.move_by(hours=16)
    assert _codes(client, "/cockpit/soon/") == [code]
    assert _codes(client, "/cockpit/soon/?clock=rectification") == []
    frozen_clock.move_by(hours=24)
    assert _codes(client, "/cockpit/soon/") == []
    assert _codes(client, "/cockpit/late/") == [code]
    assert _codes(client, "/cockpit/late/?clock=callback") == [code]
    assert _codes(client, "/cockpit/late/?clock=rectification") == []
    assert code in _codes(client, "/cockpit/")


def test_the_longest_overdue_comes_first_with_its_rung_of_the_ladder(
    signed_in: SignedIn, frozen_clock: FrozenClock
) -> None:
    loop = factories.bad_review()
    frozen_clock.move_by(days=1)
    second = _more_of(loop)
    frozen_clock.move_by(days=4)
    late = Clock.objects.filter(kind="callback")
    late.update(breached_at=frozen_clock.now)
    late.filter(matter=loop.matter).update(level=1)
    client = signed_in(loop.supervisor)
    assert _codes(client, "/cockpit/late/") == [loop.matter.code, second.code]
    page = client.get("/cockpit/late/").content.decode()
    assert "Raised 1 level above the unit" in page
    assert "The unit's head has been told" in page


def test_nobody_is_late_with_a_follow_up_review(
    signed_in: SignedIn, frozen_clock: FrozenClock
) -> None:
    loop = factories.loop(State.TOLD)
    client = signed_in(loop.supervisor)
    due = loop.matter.clocks.get(kind="follow_up").due_at
    for moment in (due - timedelta(hours=2), due + timedelta(hours=2)):
        frozen_clock.move_to(moment)
        assert _codes(client, "/cockpit/late/") == _codes(client, "/cockpit/soon/") == []


def test_a_county_s_supervisor_sees_the_county_alone(
    signed_in: SignedIn, frozen_clock: FrozenClock
) -> None:
    here = factories.bad_review()
    other_county = Region.objects.get(code="330108000000")
    elsewhere = factories.organisation("别的区", at=other_county)
    factories.review(factories.event(elsewhere), level=1, text="太慢")
    there = Matter.objects.latest("opened_at", "pk")
    frozen_clock.move_by(days=3)
    county = factories.staff(
        Role.SUPERVISOR, of=factories.organisation(), over=factories.region(factories.COUNTY)
    )
    province = factories.staff(
        Role.SUPERVISOR, of=factories.organisation(), over=factories.region(factories.PROVINCE)
    )
    assert _codes(signed_in(county), "/cockpit/late/") == [here.matter.code]
    both = _codes(signed_in(province), "/cockpit/late/")
    assert sorted(both) == sorted([here.matter.code, there.code])
    narrowed = _codes(signed_in(province), f"/cockpit/late/?at={elsewhere.uscc}")
    assert narrowed == _codes(signed_in(province), "/cockpit/late/?at=330108000000")
    assert narrowed == [there.code]
    for place in ("330108000000", factories.PROVINCE, elsewhere.uscc, "nowhere"):
        for address in ("late", "soon", "orders", "sources", "faults"):
            answer = signed_in(county).get(f"/cockpit/{address}/", {"at": place})
            assert answer.status_code == 404, (address, place)


def test_two_duties_are_seen_together(signed_in: SignedIn, frozen_clock: FrozenClock) -> None:
    loop, other = factories.bad_review(), factories.bad_review()
    Duty.objects.create(staff=loop.supervisor, role=Role.AUDITOR, organisation=other.organisation)
    frozen_clock.move_by(days=3)
    client = signed_in(loop.supervisor)
    expected = sorted([loop.matter.code, other.matter.code])
    assert sorted(_codes(client, "/cockpit/late/")) == expected
    while fold_steps():
        pass
    page = client.get("/cockpit/sources/").content.decode()
    assert loop.organisation.parent.name in page
    assert other.organisation.name in page


def test_what_only_the_supervisor_can_decide(signed_in: SignedIn) -> None:
    unreachable = factories.loop(State.UNREACHABLE_ASKED)
    client = signed_in(unreachable.supervisor)
    assert _codes(client, "/cockpit/decisions/") == [unreachable.matter.code]
    assert _codes(client, "/cockpit/decisions/?what=returned") == []

    extension = factories.bad_review()
    services.ask_extension(**extension.now(extension.handler), amount=3, reason="等部门会商。")
    client = signed_in(extension.supervisor)
    assert _codes(client, "/cockpit/decisions/?what=extension") == [extension.matter.code]

    Matter.objects.filter(pk=extension.matter.pk).update(state=State.RETURNED)
    assert _codes(client, "/cockpit/decisions/?what=returned") == [extension.matter.code]


def test_whoever_is_late_does_not_grant_the_time(signed_in: SignedIn) -> None:
    loop = factories.bad_review()
    services.ask_extension(**loop.now(loop.handler), amount=3, reason="等部门会商。")
    inside = factories.staff(Role.SUPERVISOR, of=loop.organisation)
    assert _codes(signed_in(inside), "/cockpit/decisions/?what=extension") == []


def test_replies_wait_for_the_supervisor_where_the_rules_say_so(
    signed_in: SignedIn, frozen_clock: FrozenClock
) -> None:
    by_rule = factories.loop(State.REPLY_DRAFTED)
    assert _codes(signed_in(by_rule.supervisor), "/cockpit/decisions/?what=reply") == []
    rules = by_rule.matter.policy
    services.add_policy(
        kind=rules.kind,
        jurisdiction=rules.jurisdiction,
        valid_from=frozen_clock.now.date(),
        legal_basis=rules.legal_basis,
        document=rules.document | {"approvals": {"reply": "supervisor"}},
    )
    loop = factories.bad_review()
    factories.reach(loop)
    for step in (factories._verify, factories._plan, factories._draft):
        step(loop)
        loop.again()
    client = signed_in(loop.supervisor)
    assert _codes(client, "/cockpit/decisions/?what=reply") == [loop.matter.code]
    # The author waits for somebody else.
    Duty.objects.create(staff=loop.handler, role=Role.SUPERVISOR, organisation=loop.organisation)
    assert _codes(signed_in(loop.handler), "/cockpit/decisions/?what=reply") == []


def test_a_list_is_paged_without_gaps_or_repetitions(
    signed_in: SignedIn, frozen_clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "PAGE_SIZE", 2)
    loop = factories.bad_review()
    codes = [loop.matter.code, *(_more_of(loop).code for _ in range(4))]
    frozen_clock.move_by(days=3)
    client, seen, address = signed_in(loop.supervisor), [], "/cockpit/late/"
    while address:
        page = client.get(address).content.decode()
        seen += re.findall(r'id="matter-(\w+)"', page)
        further = re.search(r'href="([^"]+)"[^>]*rel="next"', page)
        address = further.group(1).replace("&amp;", "&") if further else ""
    assert sorted(seen) == sorted(codes)


@pytest.mark.parametrize("name", ["late", "soon", "decisions", "orders", "faults"])
def test_a_cursor_that_is_none_leads_back_to_the_list(signed_in: SignedIn, name: str) -> None:
    loop = factories.bad_review()
    answer = signed_in(loop.supervisor).get(f"/cockpit/{name}/", {"after": "nonsense"})
    assert answer["Location"] == f"/cockpit/{name}/"


def test_a_count_stops_somewhere(
    signed_in: SignedIn, frozen_clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "MOST", 2)
    loop = factories.bad_review()
    for _ in range(3):
        _more_of(loop)
    frozen_clock.move_by(days=3)
    page = signed_in(loop.supervisor).get("/cockpit/late/").content.decode()
    assert re.search(r'tab-count is-late">\s*2\+', page)


@pytest.mark.parametrize("address", PAGES)
def test_more_matters_cost_no_more_queries(
    signed_in: SignedIn, frozen_clock: FrozenClock, address: str
) -> None:
    loop = factories.bad_review()
    _overdue_with_order(loop.matter, loop)
    client = signed_in(loop.supervisor)

    def counted() -> int:
        while fold_steps():
            pass
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        return len(queries)

    frozen_clock.move_by(days=3)
    few = counted()
    for _ in range(12):
        _overdue_with_order(_more_of(loop), loop)
    frozen_clock.move_by(days=3)
    assert counted() == few <= 45


def _overdue_with_order(matter: Matter, loop: factories.Loop) -> None:
    services.order(
        matter=matter, staff=loop.supervisor, seen_version=matter.version, demand="请说明。"
    )


def test_the_pages_are_kept_in_no_cache(signed_in: SignedIn) -> None:
    loop = factories.bad_review()
    answer = signed_in(loop.supervisor).get("/cockpit/late/")
    assert answer["Cache-Control"] == "private, no-store"
