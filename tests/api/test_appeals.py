"""Appeals over the API: everybody's part of it, and nobody else's."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from huiyin.appeals.models import Ground
from huiyin.directory.models import Role, Staff
from huiyin.matters.models import Step
from huiyin.matters.table import State
from tests import factories
from tests.api.client import Api, signed_in
from tests.appeals.support import appealed, heard, reported
from tests.factories import Loop

pytestmark = pytest.mark.django_db


def pdf(name: str = "监控.pdf") -> io.BytesIO:
    content = io.BytesIO(b"%PDF-1.4 test")
    content.name = name
    return content


def _path(made: Loop, rest: str) -> str:
    return f"/matters/{made.matter.code}/{rest}"


def _file(client: Api, made: Loop, **fields: Any) -> Any:
    said = {"ground": "fake", "statement": "查无此人。", "file": pdf()} | fields
    return client.form(_path(made, "appeals"), **({"version": made.again().version} | said))


def _post(client: Api, made: Loop, rest: str, **said: Any) -> Any:
    return client.post(_path(made, rest), {"version": made.again().version} | said)


def test_an_appeal_goes_its_way_from_filing_to_the_citizens_page(api: Api) -> None:
    made = factories.loop()
    handler, arbiter = signed_in(made.handler), signed_in(made.arbiter)
    filed = _file(handler, made)
    assert filed.status_code == 201, filed.content
    [appeal] = filed.json()
    assert (appeal["ground"]["code"], appeal["ruling"]) == ("fake", None)
    evidence = appeal["evidence"][0]["address"].removeprefix("/api/v1")
    assert b"".join(arbiter.get(evidence).streaming_content) == b"%PDF-1.4 test"

    [waiting] = arbiter.get("/arbitration").json()["waiting"]
    assert (waiting["matter"], waiting["to_rule"]) == (made.matter.code, True)
    said = {"upheld": True, "reasons": "当天无取号记录。"}
    assert _post(arbiter, made, "ruling", **said).json()["code"] == "step-refused"

    receipt = made.receipt.code
    spoken = api.post(f"/receipts/{receipt}/statements", {"text": "我有取号凭条。"})
    assert spoken.status_code == 200
    assert spoken.json()["timeline"][-1]["told"] == "我有取号凭条。"
    assert _post(handler, made, "appeals/statements", text="系统里没有。").status_code == 200
    ruled = _post(arbiter, made, "ruling", **said)
    assert ruled.status_code == 200, ruled.content
    assert ruled.json()[0]["ruling"]["effect"]["code"] == "voided"
    assert ruled.json()[0]["ruling"]["organisation"] == made.arbiter.organisation.name
    told = api.get(f"/receipts/{receipt}").json()["timeline"][-1]
    assert (told["event"]["code"], told["told"]) == ("void", "当天无取号记录。")
    assert arbiter.get("/arbitration").json()["waiting"] == []


def test_a_pretence_is_reported_and_a_matter_withdrawn_by_the_receipts_code(api: Api) -> None:
    made = factories.loop(State.TOLD)
    path = f"/receipts/{made.receipt.code}"
    assert api.post(f"{path}/fake-rectification", {"text": ""}).status_code == 422
    told = api.post(f"{path}/fake-rectification", {"text": "窗口没有开。"}).json()
    assert told["state"]["code"] == "reopened"
    told = api.post(f"{path}/withdrawal", {"reason": "算了"}).json()
    # The arbiter still has to rule.
    assert told["state"]["code"] == "told"
    assert api.post(f"{path}/withdrawal", {}).json()["code"] == "not-now"
    good = factories.review()
    for verb, said in (("statements", {"text": "x"}), ("withdrawal", {})):
        assert api.post(f"/receipts/{good.code}/{verb}", said).json()["code"] == "not-now"
    assert api.post("/receipts/0000000000000000/withdrawal", {}).status_code == 404


def test_an_arbiter_redirects_cites_precedents_and_steps_back() -> None:
    first, made, third = factories.loop(), factories.loop(), factories.loop()
    right = factories.organisation("正确单位")
    factories.staff(Role.HANDLER, of=right)
    appealed(first, Ground.MISTAKEN)
    heard(first)
    arbiter = signed_in(first.arbiter)
    recorded = _post(arbiter, first, "ruling", upheld=True, reasons="…", effect="recorded")
    cited = recorded.json()[0]["ruling"]["id"]
    appealed(made, Ground.MISTAKEN)
    heard(made)
    unknown = _post(arbiter, made, "ruling", upheld=True, reasons="…", unit="XX")
    assert (unknown.status_code, unknown.json()["field"]) == (422, "unit")
    answer = _post(
        arbiter, made, "ruling", upheld=True, reasons="…", unit=right.uscc, precedents=[cited]
    )
    ruling = answer.json()[0]["ruling"]
    assert (ruling["unit"], ruling["precedents"][0]["id"]) == (right.uscc, cited)
    appealed(third)
    assert _post(arbiter, third, "recusal", reason="认识当事人。").status_code == 204
    assert arbiter.get(_path(third, "appeals")).status_code == 404


_VERBS: dict[str, dict[str, Any]] = {
    "appeals/statements": {"text": "x"},
    "recusal": {"reason": "x"},
    "ruling": {"upheld": True, "reasons": "x"},
}


def _may(role: str, verb: str) -> bool:
    return (role, verb) in {
        ("handler", "appeals/statements"),
        ("arbiter", "recusal"),
        ("arbiter", "ruling"),
    }


@pytest.mark.parametrize("verb", [*_VERBS, "appeals"])
def test_every_role_takes_its_own_part_and_no_other(verb: str) -> None:
    made = factories.loop()
    if verb != "appeals":
        appealed(made)
        heard(made)
    line = made.organisation.parent
    assert line
    everybody: dict[str, Staff] = {
        "handler": made.handler,
        "approver": made.approver,
        "supervisor": made.supervisor,
        "auditor": factories.staff(Role.AUDITOR, over=factories.region(factories.PROVINCE)),
        "arbiter of the line": factories.staff(Role.ARBITER, of=line),
        "arbiter of the unit": factories.staff(Role.ARBITER, of=made.organisation),
        "administrator": factories.staff(
            Role.ADMINISTRATOR, over=factories.region(factories.PROVINCE)
        ),
        "outsider": made.outsider,
        "arbiter": made.arbiter,
    }
    unseen = {"arbiter of the line", "arbiter of the unit", "administrator", "outsider"}
    if verb == "appeals":
        unseen.add("arbiter")
    before = Step.objects.count()
    for role, who in everybody.items():
        if _may(role, verb) or (role, verb) == ("handler", "appeals"):
            continue
        client = signed_in(who)
        answer = (
            _file(client, made) if verb == "appeals" else _post(client, made, verb, **_VERBS[verb])
        )
        assert answer.status_code == (404 if role in unseen else 403), role
        if role in unseen:
            assert client.get(_path(made, "appeals")).status_code == 404
    assert Step.objects.count() == before


def test_nobody_reads_another_matters_evidence() -> None:
    made, other = factories.loop(), factories.loop()
    key = appealed(made).evidence.get().pk
    assert signed_in(made.handler).get(_path(made, f"appeals/evidence/{key}")).status_code == 200
    for who in (other.handler, made.outsider):
        api = signed_in(who)
        assert api.get(_path(made, f"appeals/evidence/{key}")).status_code == 404
        assert api.get(_path(other, f"appeals/evidence/{key}")).status_code == 404


def test_the_queue_costs_the_same_however_long_it_is() -> None:
    arbiter = factories.staff(Role.ARBITER, over=factories.region(factories.PROVINCE))
    api = signed_in(arbiter)

    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert api.get("/arbitration").status_code == 200
        return len(queries)

    appealed(factories.loop())
    one = cost()
    for _more in range(2):
        appealed(factories.loop())
        reported(factories.loop(State.TOLD))
    assert cost() == one
    assert signed_in(factories.staff()).get("/arbitration").json()["waiting"] == []
