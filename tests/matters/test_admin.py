from __future__ import annotations

import json

import pytest
from django.test import Client

from huiyin.directory.models import Region, Role
from huiyin.matters import policy, presets
from huiyin.matters.models import Policy
from huiyin.matters.queries import policy_for
from huiyin.matters.table import State
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator() -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(
        factories.staff(Role.ADMINISTRATOR, over=factories.region(factories.PROVINCE))
    )
    return client


def _typed(jurisdiction: Region, document: object, **changes: str) -> dict[str, str]:
    return {
        "jurisdiction": str(jurisdiction.pk),
        "kind": "bad_review",
        "valid_from": "2024-01-01",
        "legal_basis": "Invented for a test",
        "document": document if isinstance(document, str) else json.dumps(document),
    } | changes


def test_a_policy_is_added_as_the_next_version_and_the_old_one_stays(
    administrator: Client,
) -> None:
    province = factories.region(factories.PROVINCE)
    rules = presets.DEFAULT.document | {"unreachable": {"attempts": 5, "hours_apart": 3}}
    answer = administrator.post("/admin/matters/policy/add/", _typed(province, rules))
    assert answer.status_code == 302
    versions = Policy.objects.filter(jurisdiction=province).order_by("version")
    assert [row.version for row in versions] == [1, 2]
    assert versions[0].document == presets.DEFAULT.document
    assert policy_for("bad_review", province) == versions[1]


@pytest.mark.parametrize(
    ("document", "changes"),
    [
        ("{", {}),
        ({}, {}),
        (presets.DEFAULT.document | {"surprise": 1}, {}),
        (presets.DEFAULT.document | {"unreachable": {"attempts": 0}}, {}),
        (presets.DEFAULT.document, {"kind": "no_such_kind"}),
        (presets.DEFAULT.document, {"valid_to": "2023-12-31"}),
    ],
)
def test_rules_that_cannot_be_used_are_refused(
    administrator: Client, document: object, changes: dict[str, str]
) -> None:
    province = factories.region(factories.PROVINCE)
    typed = _typed(province, document, **changes)
    answer = administrator.post("/admin/matters/policy/add/", typed)
    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
    assert Policy.objects.count() == 1


def test_neither_policies_nor_matters_can_be_changed_or_deleted(administrator: Client) -> None:
    loop = factories.loop(State.RECTIFYING)
    for model, row in (("policy", loop.matter.policy), ("matter", loop.matter)):
        address = f"/admin/matters/{model}/{row.pk}"
        page = administrator.get(f"{address}/change/").content.decode()
        assert 'name="_save"' not in page
        assert administrator.post(f"{address}/change/", {}).status_code == 403
        assert administrator.post(f"{address}/delete/", {"post": "yes"}).status_code == 403
    assert administrator.get("/admin/matters/matter/add/").status_code == 403


def test_a_matter_shows_its_steps_but_not_what_was_said(administrator: Client) -> None:
    loop = factories.loop(State.RECTIFYING)
    page = administrator.get(f"/admin/matters/matter/{loop.matter.pk}/change/").content.decode()
    assert "facts verified" in page
    assert "系统当天确有故障" not in page
    for secret in (factories.MOBILE, factories.IDENTITY, factories.NAME):
        assert secret not in page
