from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from huiyin.directory.models import Region, Role
from huiyin.log.models import Entry
from huiyin.matters import policy, presets
from huiyin.matters.models import Policy
from huiyin.matters.policy_form import PolicyForm, document_of, initial_of
from huiyin.matters.queries import policy_for
from huiyin.matters.table import ClockKind, Event, State
from tests import factories

pytestmark = pytest.mark.django_db

ADD = "/admin/matters/policy/add/"


@pytest.fixture
def administrator() -> Client:
    return _signed_in()


def _signed_in() -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(
        factories.staff(Role.ADMINISTRATOR, over=factories.region(factories.PROVINCE))
    )
    return client


def _typed(jurisdiction: Region, preset: str = "national", **changes: Any) -> dict[str, Any]:
    """What a browser sends for the form filled in by ``preset``."""
    rules = policy.read(presets.get(preset).document)
    form = PolicyForm(initial=initial_of(rules))
    typed = {name: form[name].value() for name in initial_of(rules)}
    place = {
        "jurisdiction": str(jurisdiction.pk),
        "kind": "bad_review",
        "valid_from": "2024-01-01",
        "legal_basis": "Invented for a test",
    }
    whole = typed | place | changes
    return {name: value for name, value in whole.items() if value not in (None, False)}


def _deadline(loop: factories.Loop) -> Any:
    return loop.matter.clocks.get(kind=ClockKind.RECTIFICATION)


@pytest.mark.parametrize("preset", [preset.code for preset in presets.PRESETS])
def test_the_form_gives_back_the_rules_it_was_filled_in_with(preset: str) -> None:
    rules = policy.read(presets.get(preset).document)
    form = PolicyForm(_typed(factories.region(factories.PROVINCE), preset))
    assert form.is_valid(), form.errors
    assert policy.read(document_of(form.cleaned_data)) == rules


def test_a_policy_is_looked_at_first_and_then_added_as_the_next_version(
    administrator: Client,
) -> None:
    province = factories.region(factories.PROVINCE)
    typed = _typed(province, unreachable__attempts=5)
    page = administrator.post(ADD, typed).content.decode()
    assert "attempts before that may be said" in page
    assert "No open deadline would move." in page
    assert Policy.objects.count() == 1

    changed = administrator.post(ADD, typed | {"_edit": "1"}).content.decode()
    assert 'name="unreachable__attempts" value="5"' in changed

    assert administrator.post(ADD, typed | {"_confirm": "1"}).status_code == 302
    versions = Policy.objects.filter(jurisdiction=province).order_by("version")
    assert [row.version for row in versions] == [1, 2]
    assert versions[0].document == presets.DEFAULT.document
    assert policy_for("bad_review", province) == versions[1]


@pytest.mark.parametrize(
    "changes",
    [
        {"clocks__callback__amount": "0"},
        {"clocks__callback__amount": "20"},
        {"clocks__callback__warn_at": "75, 50"},
        {"clocks__callback__warn_at": "soon"},
        {"clocks__callback__unit": "fortnight"},
        {"clocks__rectification__simple__amount": "3", "clocks__rectification__simple__unit": ""},
        {"unreachable__attempts": "0"},
        {"notices__quiet_from": "08:00"},
        {"reassignment__free": "3"},
        {"kind": "no_such_kind"},
        {"valid_to": "2023-12-31"},
    ],
)
def test_rules_that_cannot_be_used_are_refused(
    administrator: Client, changes: dict[str, str]
) -> None:
    typed = _typed(factories.region(factories.PROVINCE), **changes)
    for button in ("_preview", "_confirm"):
        answer = administrator.post(ADD, typed | {button: "1"})
        assert answer.status_code == 200
        assert "errornote" in answer.content.decode()
    assert Policy.objects.count() == 1


def test_a_contradiction_is_refused_with_the_reason(administrator: Client) -> None:
    typed = _typed(factories.region(factories.PROVINCE), clocks__callback__amount="20")
    page = administrator.post(ADD, typed).content.decode()
    assert "“call back” cannot be due after “rectify and reply”" in page


def test_a_preset_or_an_older_version_can_be_started_from(administrator: Client) -> None:
    factories.region(factories.PROVINCE)
    page = administrator.get(ADD, {"preset": "seven-natural-days"}).content.decode()
    assert 'name="clocks__rectification__amount" value="7"' in page
    stored = Policy.objects.get()
    page = administrator.get(ADD, {"from": str(stored.pk)}).content.decode()
    assert 'name="clocks__rectification__amount" value="15"' in page
    assert administrator.get(ADD, {"from": "nonsense"}).status_code == 200


def test_new_rules_move_running_clocks_only_when_asked_to_and_on_the_record(
    administrator: Client,
) -> None:
    loop = factories.loop(State.RECTIFYING)
    before = _deadline(loop)
    province = factories.region(factories.PROVINCE)
    typed = _typed(province, "five-working-days")
    assert loop.matter.code in administrator.post(ADD, typed).content.decode()

    moved_on = administrator.post(ADD, typed | {"_confirm": "1"})
    assert _deadline(loop) == before
    assert _deadline(loop).due_at == before.due_at
    version = policy_for("bad_review", province)
    assert loop.again().policy != version

    address = moved_on.headers["location"]
    assert administrator.post(address, {"reason": " "}).status_code == 422
    assert _deadline(loop).due_at == before.due_at

    administrator.post(address, {"reason": "The notice says so."})
    after = _deadline(loop)
    assert after.due_at < before.due_at
    assert (after.amount, after.units, after.policy) == (5, 5, version)
    assert loop.again().policy == version
    assert loop.matter.next_due_at == after.due_at
    step = loop.matter.steps.get(event=Event.RECOMPUTE)
    assert step.data["reason"] == "The notice says so."
    assert version.label in Entry.objects.get(pk=step.entry_id).public
    assert "No open deadline would move." in administrator.get(address).content.decode()


def test_rules_of_a_county_move_nothing_elsewhere(administrator: Client) -> None:
    loop = factories.loop()
    elsewhere = Region.objects.get(code="330203000000")
    page = administrator.post(ADD, _typed(elsewhere, "five-working-days")).content.decode()
    assert loop.matter.code not in page
    assert "No open deadline would move." in page


def test_nobody_is_made_late_by_new_rules(frozen_clock: Any) -> None:
    loop = factories.loop()
    frozen_clock.move_to(_deadline(loop).due_at - timedelta(hours=1))
    administrator = _signed_in()
    province = factories.region(factories.PROVINCE)
    due = _deadline(loop).due_at
    answer = administrator.post(ADD, _typed(province, "five-working-days", _confirm="1"))
    page = administrator.get(answer.headers["location"]).content.decode()
    assert "would end on" in page
    assert "Move the open deadlines" not in page
    administrator.post(answer.headers["location"], {"reason": "Now."})
    assert _deadline(loop).due_at == due


def test_rules_that_are_not_in_force_yet_move_nothing(administrator: Client) -> None:
    loop = factories.loop()
    due = _deadline(loop).due_at
    province = factories.region(factories.PROVINCE)
    typed = _typed(province, "five-working-days", valid_from="2099-01-01", _confirm="1")
    address = administrator.post(ADD, typed).headers["location"]
    assert "not in force today" in administrator.get(address).content.decode()
    assert administrator.post(address, {"reason": "Now."}).status_code == 422
    assert _deadline(loop).due_at == due


def test_neither_policies_nor_matters_can_be_changed_or_deleted(administrator: Client) -> None:
    loop = factories.loop(State.RECTIFYING)
    for model, row in (("policy", loop.matter.policy), ("matter", loop.matter)):
        address = f"/admin/matters/{model}/{row.pk}"
        page = administrator.get(f"{address}/change/").content.decode()
        assert 'name="_save"' not in page
        assert administrator.post(f"{address}/change/", {}).status_code == 403
        assert administrator.post(f"{address}/delete/", {"post": "yes"}).status_code == 403
    assert administrator.get("/admin/matters/matter/add/").status_code == 403
