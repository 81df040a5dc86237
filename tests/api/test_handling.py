"""Units, extensions, improvements, orders and consequences through the API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from huiyin.directory.models import Role
from huiyin.kernel import clock
from huiyin.matters.table import State
from tests import factories
from tests.api.client import Api, signed_in
from tests.factories import Loop

pytestmark = pytest.mark.django_db


def post(client: Api, made: Loop, verb: str, **said: Any) -> Any:
    version = said.pop("version", made.again().version)
    answer = client.post(f"/matters/{made.matter.code}/{verb}", {"version": version} | said)
    made.again()
    return answer


def test_a_matter_of_the_wrong_unit_finds_its_way() -> None:
    made = factories.loop()
    handler, supervisor = signed_in(made.handler), signed_in(made.supervisor)
    unknown = post(handler, made, "hand-on", unit=factories.uscc(), reason="x")
    assert (unknown.status_code, unknown.json()["field"]) == (422, "unit")
    assert post(handler, made, "hand-on", unit=made.neighbour.uscc, reason="x").status_code == 204
    assert handler.get(f"/matters/{made.matter.code}").status_code == 404
    second = signed_in(made.joint_handler)
    back = post(second, made, "return", reason="不属于本单位。").json()
    assert back["state"]["code"] == "returned"
    assert [part["until"] is None for part in back["units"]] == [False, True]
    here = post(supervisor, made, "assignment", unit=made.organisation.uscc, reason="x").json()
    assert (here["uscc"], here["state"]["code"]) == (made.organisation.uscc, "delivered")
    given = post(handler, made, "handler", username=made.handler.username).json()
    assert given["handler"] == made.handler.display_name
    nobody = post(handler, made, "handler", username="nobody")
    assert (nobody.status_code, nobody.json()["field"]) == (422, "username")


def test_a_joint_unit_contributes() -> None:
    made = factories.loop(State.RECTIFYING)
    supervisor, joint = signed_in(made.supervisor), signed_in(made.joint_handler)
    unit = made.neighbour.uscc
    assert post(joint, made, "contributions", text="x").status_code == 404
    assert post(supervisor, made, "joint-units", unit=unit, task="请协助。").status_code == 200
    said = post(joint, made, "contributions", text="已核查。").json()
    assert said["steps"][-1]["data"]["text"] == "已核查。"
    released = post(supervisor, made, "joint-units/release", unit=unit, reason="完成。")
    assert released.status_code == 200
    assert post(joint, made, "contributions", text="x").status_code == 404


def test_more_time_is_asked_and_granted() -> None:
    made = factories.loop(State.RECTIFYING)
    handler, supervisor = signed_in(made.handler), signed_in(made.supervisor)
    before = made.matter.next_due_at
    asked = post(handler, made, "extension", amount=5, reason="需采购。").json()
    assert [row["granted"] for row in asked["extensions"]] == [None]
    refused = post(handler, made, "extension/decision", grant=True, reason="x")
    assert refused.json()["code"] == "not-your-step"
    granted = post(supervisor, made, "extension/decision", grant=True, reason="属实。").json()
    assert granted["extensions"][0]["granted"] is True
    assert made.matter.next_due_at > before


def test_matters_share_an_improvement() -> None:
    made = factories.loop(State.RECTIFYING)
    event = factories.event(made.organisation)
    factories.review(event, level=1, tags=["115"])
    second = factories.Loop(
        **{**vars(made), "matter": made.organisation.matters.latest("opened_at", "pk")}
    )
    handler = signed_in(made.handler)
    factories.reach(second)
    assert post(handler, second, "verification", facts="同一故障。").status_code == 200
    hidden = post(handler, second, "improvement", lead=factories.loop().matter.code)
    assert (hidden.status_code, hidden.json()["field"]) == (422, "lead")
    joined = post(handler, second, "improvement", lead=made.matter.code).json()
    assert joined["improvement"] == made.matter.code
    assert [plan["root_cause"]["code"] for plan in joined["plans"]] == ["process"]
    alone = post(handler, second, "improvement/split").json()
    assert (alone["improvement"], alone["plans"]) == (None, [])


def test_an_order_is_given_and_answered() -> None:
    made = factories.loop(State.RECTIFYING)
    ordered = post(signed_in(made.supervisor), made, "order", demand="请报告进展。").json()
    assert "supervision" in {row["clock"]["code"] for row in ordered["deadlines"]}
    answered = post(signed_in(made.handler), made, "order/answer", answer="进展如下。").json()
    assert answered["orders"][0]["answer"] == "进展如下。"


def test_the_clerk_states_their_side() -> None:
    made = factories.loop()
    said = post(signed_in(made.clerk), made, "side", text="系统当天中断。").json()
    assert said["steps"][-1]["party"]["code"] == "concerned"


def test_a_simple_matter_needs_rules_that_know_one() -> None:
    made = factories.loop()
    factories.reach(made)
    answer = post(signed_in(made.handler), made, "verification", facts="属实。", simple=True)
    assert (answer.status_code, answer.json()["field"]) == (422, "simple")


def test_a_consequence_is_recorded_objected_to_and_lifted() -> None:
    made = factories.loop()
    today = clock.today()
    said = {
        "username": made.clerk.username,
        "measure": "取消当年评优资格",
        "reason": "多次推诿。",
        "legal_basis": "《考核办法》第八条",
        "starts_on": today.isoformat(),
        "ends_on": (today + timedelta(days=365)).isoformat(),
    }
    path = f"/matters/{made.matter.code}/consequences"
    supervisor, clerk = signed_in(made.supervisor), signed_in(made.clerk)
    assert signed_in(made.handler).post(path, said).status_code == 403
    assert supervisor.post(path, said | {"username": "nobody"}).json()["field"] == "username"
    recorded = supervisor.post(path, said)
    assert recorded.status_code == 201
    [mine] = clerk.get("/consequences").json()["consequences"]
    assert mine["id"] == recorded.json()["id"]
    about = f"/consequences/{mine['id']}"
    assert clerk.post(f"{about}/objection", {"objection": "不是我。"}).status_code == 200
    other = factories.staff(Role.SUPERVISOR, of=made.supervisor.organisation)
    own = supervisor.post(f"{about}/decision", {"keep": False, "answer": "x"})
    assert own.json()["code"] == "step-refused"
    lifted = signed_in(other).post(f"{about}/decision", {"keep": False, "answer": "查实有误。"})
    assert lifted.json()["kept"] is False
