"""Every address of the desk and of the API, asked by those who may not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client

from huiyin.api.openapi import document
from huiyin.directory.models import Duty, Role, Staff
from huiyin.kernel import clock
from huiyin.matters import services
from huiyin.matters.models import Step
from huiyin.matters.table import State
from huiyin.web.desk import actions
from tests import factories
from tests.api.client import Api, signed_in
from tests.factories import Loop
from tests.security.verbs import VERBS, WITHOUT_VERSION

# Says nothing of the database, and takes long.
pytestmark = [pytest.mark.django_db, pytest.mark.once]


def test_every_address_that_moves_a_matter_is_tried() -> None:
    asked_for = {
        path.removeprefix("/api/v1/matters/{code}/").replace("{place}", "1")
        for path, operations in document()["paths"].items()
        if path.startswith("/api/v1/matters/{code}/") and "post" in operations
    }
    assert asked_for - {"evidence", "appeals"} <= set(VERBS)


def _administrator() -> Staff:
    return factories.staff(Role.ADMINISTRATOR, over=factories.region(factories.PROVINCE))


def _auditor() -> Staff:
    return factories.staff(Role.AUDITOR, over=factories.region(factories.PROVINCE))


def _former_handler(made: Loop) -> Staff:
    former = factories.staff(Role.HANDLER, of=made.organisation)
    yesterday = clock.today() - timedelta(days=1)
    Duty.objects.filter(staff=former).update(starts_on=yesterday, ends_on=yesterday)
    return former


def _try_every_verb(api: Api, made: Loop, *allowed: int) -> None:
    before = Step.objects.count()
    for verb, said in VERBS.items():
        made.again()
        version = {} if verb in WITHOUT_VERSION else {"version": made.matter.version}
        body = None if said is None else said | version
        answer = api.post(f"/matters/{made.matter.code}/{verb}", body)
        assert answer.status_code in allowed, (verb, answer.content)
    assert Step.objects.count() == before


@pytest.mark.parametrize("state", [State.DELIVERED, State.RECTIFYING, State.REPLY_DRAFTED])
def test_an_auditor_takes_no_step_in_any_state(state: State) -> None:
    made = factories.loop(state)
    _try_every_verb(signed_in(_auditor()), made, 403, 409, 422)


@pytest.mark.parametrize("state", [State.DELIVERED, State.RECTIFYING, State.REPLY_DRAFTED])
def test_administrators_former_handlers_and_strangers_find_nothing_at_any_address(
    state: State,
) -> None:
    made = factories.loop(state)
    code = made.matter.code
    for person in (
        _administrator(),
        _former_handler(made),
        made.outsider,
        made.arbiter,
        made.joint_handler,
        factories.colleague(made.organisation),
    ):
        _try_every_verb(signed_in(person), made, 404)
        browser = Client()
        browser.force_login(person)
        for rest in ("", "/approval", "/photos/1"):
            assert browser.get(f"/desk/matters/{code}{rest}").status_code == 404
        for name in actions.NAMES:
            answer = browser.post(f"/desk/matters/{code}/{name}", {"version": "1"})
            assert answer.status_code == 404, name


@pytest.mark.parametrize("state", [State.DELIVERED, State.RECTIFYING, State.REPLY_DRAFTED])
def test_a_clerk_concerned_states_their_side_and_takes_no_other_step(state: State) -> None:
    made = factories.loop(state)
    api, before = signed_in(made.clerk), made.matter.version
    for verb, said in VERBS.items():
        version = {} if verb in WITHOUT_VERSION else {"version": made.again().version}
        answer = api.post(
            f"/matters/{made.matter.code}/{verb}", None if said is None else said | version
        )
        expected = {200} if verb == "side" else {403, 409, 422}
        assert answer.status_code in expected, (verb, answer.content)
    assert made.again().version == before + 1


def test_a_consequence_is_found_by_nobody_it_is_none_of_the_business_of() -> None:
    made = factories.loop()
    today = clock.today()
    recorded = services.record_consequence(
        matter=made.matter,
        staff=made.supervisor,
        concerned=made.clerk,
        measure="x",
        reason="x",
        legal_basis="x",
        starts_on=today,
        ends_on=today,
    )
    for person in (made.handler, made.approver, made.arbiter, made.outsider, _administrator()):
        api, path = signed_in(person), f"/consequences/{recorded.pk}"
        assert api.get("/consequences").json()["consequences"] == []
        assert api.post(f"{path}/objection", {"objection": "x"}).status_code == 404
        answer = api.post(f"{path}/decision", {"keep": True, "answer": "x"})
        assert answer.status_code == 404
    supervisor = signed_in(made.supervisor)
    objected = supervisor.post(f"/consequences/{recorded.pk}/objection", {"objection": "x"})
    assert objected.status_code == 403
    assert len(supervisor.get("/consequences").json()["consequences"]) == 1


def test_nobody_but_an_administrator_opens_the_administration_or_moves_the_clock() -> None:
    made = factories.loop()
    for person in (made.handler, made.approver, made.supervisor, made.arbiter, _auditor()):
        browser = Client()
        browser.force_login(person)
        assert browser.get("/admin/directory/staff/").status_code == 302
        assert browser.post("/admin/notices/outbox/").status_code == 302
        assert browser.get("/desk/administration/").status_code == 404
        assert browser.post("/desk/time/", {"to": "hour"}).status_code == 404


def test_a_session_that_was_there_before_signing_in_is_worth_nothing_afterwards() -> None:
    person = factories.staff()
    planted = SessionStore()
    planted["planted"] = True
    planted.create()
    browser = Client()
    browser.cookies["huiyin_session"] = planted.session_key
    browser.post("/desk/login/", {"username": person.username, "password": factories.PASSWORD})
    assert browser.cookies["huiyin_session"].value != planted.session_key
    assert not SessionStore(planted.session_key).get("_auth_user_id")
    assert browser.get("/desk/").status_code == 200


def test_a_closed_account_is_signed_out_of_every_page_at_once() -> None:
    person = factories.staff()
    browser = Client()
    browser.force_login(person)
    assert browser.get("/desk/").status_code == 200
    Staff.objects.filter(pk=person.pk).update(is_active=False)
    assert browser.get("/desk/").status_code == 302
    assert browser.get("/desk/stream").status_code == 403
