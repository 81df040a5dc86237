"""Staff read matters and move them on."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from PIL import Image

from huiyin.kernel import clock
from huiyin.matters.table import State
from huiyin.reviews.models import Review
from tests import factories
from tests.api.client import Api, signed_in
from tests.factories import Loop

pytestmark = pytest.mark.django_db


@pytest.fixture
def made() -> Loop:
    return factories.loop()


def picture(name: str = "hall.png") -> io.BytesIO:
    content = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(content, "PNG")
    content.seek(0)
    content.name = name
    return content


def post(client: Api, made: Loop, verb: str, **said: Any) -> Any:
    version = said.pop("version", made.again().version)
    answer = client.post(f"/matters/{made.matter.code}/{verb}", {"version": version} | said)
    made.again()
    return answer


def test_the_whole_road_can_be_walked_through_the_api(made: Loop) -> None:
    handler, approver = signed_in(made.handler), signed_in(made.approver)
    path = f"/matters/{made.matter.code}"
    assert {step["code"] for step in handler.get(path).json()["possible"]} >= {"contact", "verify"}

    assert post(handler, made, "verification", facts="…").json()["code"] == "step-refused"
    placed = handler.post(f"{path}/calls")
    assert placed.status_code == 201
    reached = post(
        handler,
        made,
        "contacts",
        reference=placed.json()["reference"],
        outcome="reached",
        note="已接通",
    )
    assert reached.json()["contacts"][0]["outcome"]["code"] == "reached"
    assert post(handler, made, "messages", text="我们正在处理。").status_code == 200
    verified = post(handler, made, "verification", facts="系统故障").json()
    assert verified["state"]["code"] == "verified"
    planned = post(
        handler,
        made,
        "plan",
        root_cause="process",
        explanation="取号与受理没有衔接。",
        measures=[{"head": "training", "description": "培训"}],
        milestones=verified["suggested_milestones"],
    ).json()
    assert planned["state"]["code"] == "rectifying"
    assert planned["suggested_milestones"] is None
    assert post(handler, made, "milestones/1").json()["plans"][0]["milestones"][0]["done_at"]

    filed = handler.form(
        f"{path}/evidence", version=made.again().version, caption="新窗口", file=picture()
    )
    assert filed.status_code == 200, filed.content
    [evidence] = filed.json()["evidence"]
    assert (evidence["caption"], evidence["media_type"]) == ("新窗口", "image/jpeg")
    download = handler.get(evidence["address"].removeprefix("/api/v1"))
    assert b"".join(download.streaming_content).startswith(b"\xff\xd8")

    drafted = post(handler, made, "reply", text="已增开窗口。", result_class="solved").json()
    assert drafted["state"]["code"] == "reply_drafted"
    assert post(handler, made, "reply/approval").json()["code"] == "not-your-step"
    back = post(approver, made, "reply/return", reason="请写明日期。")
    assert back.json()["state"]["code"] == "rectifying"
    post(handler, made, "reply", text="自三月十一日起增开窗口。", result_class="solved")
    approved = post(approver, made, "reply/approval").json()
    assert approved["state"]["code"] == "approved"
    assert [step["number"] for step in approved["steps"]] == list(
        range(1, len(approved["steps"]) + 1)
    )


def test_unreachable_needs_the_supervisor() -> None:
    made = factories.loop()
    handler = signed_in(made.handler)
    assert post(handler, made, "unreachable", reason="没人接").json()["code"] == "step-refused"

    made = factories.loop(State.UNREACHABLE_ASKED)
    handler, supervisor = signed_in(made.handler), signed_in(made.supervisor)
    said = {"agree": True, "reason": "同意"}
    assert post(handler, made, "unreachable/decision", **said).status_code == 403
    answer = post(supervisor, made, "unreachable/decision", **said)
    assert (answer.status_code, answer.json()["unreachable"]) == (200, True)


def test_an_outsider_finds_no_matter_at_any_address(made: Loop) -> None:
    outsider, path = signed_in(made.outsider), f"/matters/{made.matter.code}"
    assert outsider.get("/matters").json()["matters"] == []
    assert outsider.get(path).status_code == 404
    assert outsider.get(f"{path}/photos/1").status_code == 404
    assert outsider.get(f"{path}/evidence/{made.matter.pk}").status_code == 404
    told = outsider.get(path).json()
    for verb, said in (
        ("calls", {}),
        ("contacts", {"reference": "x", "outcome": "reached"}),
        ("messages", {"text": "x"}),
        ("verification", {"facts": "x"}),
        ("unreachable", {"reason": "x"}),
        ("unreachable/decision", {"agree": True, "reason": "x"}),
        ("plan", {"root_cause": "process", "explanation": "x", "measures": [], "milestones": []}),
        ("milestones/1", {}),
        ("reply", {"text": "x", "result_class": "solved"}),
        ("reply/return", {"reason": "x"}),
        ("reply/approval", {}),
    ):
        answer = post(outsider, made, verb, **said)
        assert (answer.status_code, answer.json()) == (404, told), verb
    filed = outsider.form(f"{path}/evidence", version=1, file=picture())
    assert filed.status_code == 404
    assert made.again().version == 1


def test_the_supervising_body_sees_the_matter_and_may_not_handle_it(made: Loop) -> None:
    supervisor = signed_in(made.supervisor)
    detail = supervisor.get(f"/matters/{made.matter.code}").json()

    possible = {step["code"] for step in detail["possible"]}
    assert possible == {
        "add_co_unit", "assign", "end_co_unit", "give_to", "grant_extension", "order",
        "refuse_extension",
    }  # fmt: skip
    assert post(supervisor, made, "verification", facts="x").json()["code"] == "not-your-step"


def test_two_who_saw_the_same_version_do_not_both_act(made: Loop) -> None:
    handler = signed_in(made.handler)
    seen = made.matter.version
    factories.reach(made)

    answer = post(handler, made, "verification", facts="x", version=seen)

    assert (answer.status_code, answer.json()["code"]) == (409, "matter-moved")


def test_a_step_at_the_wrong_time_is_refused(made: Loop) -> None:
    answer = post(signed_in(made.approver), made, "reply/approval")

    assert (answer.status_code, answer.json()["code"]) == (409, "not-now")


def test_only_calls_that_the_relay_placed_can_be_recorded_and_only_once(made: Loop) -> None:
    handler = signed_in(made.handler)
    reference = handler.post(f"/matters/{made.matter.code}/calls").json()["reference"]
    said = {"reference": reference, "outcome": "no_answer"}

    invented = post(handler, made, "contacts", **(said | {"reference": "invented"}))
    assert (invented.status_code, invented.json()["field"]) == (422, "reference")
    assert post(handler, made, "contacts", **said).status_code == 200
    assert post(handler, made, "contacts", **said).json()["field"] == "reference"


def test_without_a_gateway_there_is_a_refusal_and_no_reference(made: Loop, settings: Any) -> None:
    settings.HUIYIN_DEMO = False
    handler = signed_in(made.handler)
    for answer in (
        handler.post(f"/matters/{made.matter.code}/calls"),
        post(handler, made, "messages", text="您好"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (503, "no-gateway")
    assert handler.get(f"/matters/{made.matter.code}").json()["contacts"] == []


def test_nobody_on_the_desk_ever_sees_the_contact(made: Loop) -> None:
    hidden = factories.loop(hide_name_from_unit=True)
    for loop in (made, hidden):
        page = signed_in(loop.handler).get(f"/matters/{loop.matter.code}").content.decode()
        for personal in (factories.MOBILE, factories.IDENTITY, factories.NAME):
            assert personal not in page
    told = signed_in(hidden.handler).get(f"/matters/{hidden.matter.code}").json()["review"]
    assert told["masked_name"] is told["project_no"] is None


@pytest.mark.parametrize(
    ("verb", "said", "field"),
    [
        ("verification", {"facts": " "}, "facts"),
        ("verification", {"facts": "a\x00b"}, "facts"),
        ("verification", {"facts": "长" * 4001}, "facts"),
        ("verification", {"facts": "x", "version": "1"}, "version"),
        ("verification", {"facts": "x", "version": 2**40}, "version"),
        ("contacts", {"reference": "x", "outcome": "sent"}, "outcome"),
        ("messages", {"text": ""}, "text"),
        (
            "plan",
            {
                "root_cause": "bad luck",
                "explanation": "x",
                "measures": [{"head": "care", "description": "x"}],
                "milestones": [],
            },
            "root_cause",
        ),
        (
            "plan",
            {
                "root_cause": "rules",
                "explanation": "x",
                "measures": [{"head": "care", "description": "x", "by": "me"}],
                "milestones": [{"title": "x", "due_on": "soon"}],
            },
            "measures.0.by",
        ),
        ("reply", {"text": "x", "result_class": "voided"}, "result_class"),
        ("reply", {"text": "x", "result_class": "planned", "planned_for": 20240304}, "planned_for"),
    ],
)
def test_bad_input_names_its_field_and_changes_nothing(
    made: Loop, verb: str, said: dict[str, Any], field: str
) -> None:
    answer = post(signed_in(made.handler), made, verb, **said)

    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert made.matter.version == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"file": io.BytesIO(b"MZ not a picture")}, "file"),
        ({"file": io.BytesIO(b"")}, "file"),
        ({"file": "no file"}, "file"),
        ({"version": "x"}, "version"),
        ({"caption": "x" * 201}, "caption"),
        ({"caption": "a\x00b"}, "caption"),
    ],
)
def test_evidence_is_judged_by_what_it_contains(changes: dict[str, Any], field: str) -> None:
    made = factories.loop(State.RECTIFYING)
    handler = signed_in(made.handler)
    fields = {"version": made.matter.version, "file": picture()} | changes

    answer = handler.form(f"/matters/{made.matter.code}/evidence", **fields)

    assert (answer.status_code, answer.json()["field"]) == (422, field)


@pytest.mark.parametrize(
    ("fields", "status", "field"),
    [
        ({"note": "x"}, 422, "note"),
        ({"other": io.BytesIO(b"x")}, 422, "other"),
        ({"version": ["1", "2"]}, 400, "version"),
        ({"version": "-1"}, 422, "version"),
    ],
)
def test_a_form_is_read_as_strictly_as_a_body(
    fields: dict[str, Any], status: int, field: str
) -> None:
    made = factories.loop(State.RECTIFYING)
    said = {"version": made.matter.version, "file": picture()} | fields

    answer = signed_in(made.handler).form(f"/matters/{made.matter.code}/evidence", **said)

    assert (answer.status_code, answer.json()["field"]) == (status, field)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("multipart/form-data", 400),
        ("multipart/form-data; boundary=", 400),
        ("multipart/form-data; boundary=" + "x" * 300, 400),
        ("multipart/form-data; boundary=ü", 400),
        ("multipart/form-data; boundary=a", 422),
        ("multipart/mixed; boundary=a", 415),
        ("application/json", 415),
        ("", 415),
    ],
)
def test_a_form_that_cannot_be_read_is_refused(kind: str, status: int) -> None:
    made = factories.loop(State.RECTIFYING)

    answer = signed_in(made.handler).raw(f"/matters/{made.matter.code}/evidence", b"--a--", kind)

    assert answer.status_code == status


def test_a_refused_file_learns_all_kinds_and_a_png_is_kept_as_jpeg() -> None:
    made = factories.loop(State.RECTIFYING)
    handler, path = signed_in(made.handler), f"/matters/{made.matter.code}/evidence"
    file = io.BytesIO(b"GIF89a")
    assert "PDF" in handler.form(path, version=made.matter.version, file=file).json()["detail"]

    file = picture()
    file.name = "before.png"
    answer = handler.form(path, version=made.matter.version, file=file)

    assert answer.json()["evidence"][0]["name"] == "before.jpg"


@pytest.mark.parametrize(("who", "status"), [("outsider", 404), ("approver", 403)])
def test_whoever_may_not_add_evidence_costs_no_decoding(
    monkeypatch: pytest.MonkeyPatch, who: str, status: int
) -> None:
    made = factories.loop(State.RECTIFYING)
    staff = factories.staff() if who == "outsider" else made.approver
    monkeypatch.setattr(
        "huiyin.api.v1.steps.accept_document", lambda *_a, **_k: pytest.fail("decoded")
    )
    monkeypatch.setattr("huiyin.api.v1.steps.read_form", lambda *_a, **_k: pytest.fail("read"))
    client, path = signed_in(staff), f"/matters/{made.matter.code}/evidence"

    for answer in (
        client.form(path, version=made.matter.version, file=picture()),
        client.form(path, nonsense="x"),
        client.raw(path, b"{}", "multipart/form-data"),
    ):
        assert answer.status_code == status


@pytest.mark.parametrize("code", ["x", "%00", "%27%3B--", "0" * 300, "ABCDEFGHJK"])
def test_a_code_that_is_none_is_not_found(made: Loop, code: str) -> None:
    assert signed_in(made.handler).get(f"/matters/{code}").status_code == 404


def test_the_list_pages_by_due_time_and_filters() -> None:
    first = factories.loop()
    for _place in range(4):
        review = factories.review(
            factories.event(first.organisation), level=2, tags=["209"], text=""
        )
        assert review
    client = signed_in(first.handler)
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = client.get("/matters", size=2, **({"cursor": cursor} if cursor else {})).json()
        seen += [matter["code"] for matter in page["matters"]]
        cursor = page["next_cursor"]

    assert len(seen) == len(set(seen)) == 5
    assert client.get("/matters", state="closed").json()["matters"] == []
    assert len(client.get("/matters", late="false").json()["matters"]) == 5
    with clock.frozen(clock.now() + timedelta(days=10)):
        late = signed_in(first.handler).get("/matters", late="true").json()["matters"]
    assert len(late) == 5
    assert all(matter["overdue"] for matter in late)


@pytest.mark.parametrize(
    "query",
    [
        {"cursor": "nonsense"},
        {"cursor": "WyJ4IiwieSJd"},
        {"cursor": "W10"},
        {"cursor": "x" * 401},
        {"size": 0},
        {"size": "all"},
        {"state": "lost"},
        {"late": "perhaps"},
    ],
)
def test_a_wrong_filter_or_cursor_is_named(made: Loop, query: dict[str, Any]) -> None:
    answer = signed_in(made.handler).get("/matters", **query)

    assert answer.status_code == 422
    assert answer.json()["field"] == next(iter(query))


def test_reading_asks_the_database_a_fixed_number_of_questions() -> None:
    made = factories.loop(State.CLOSED)
    client = signed_in(made.handler)

    def asked(path: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(path).status_code == 200
        return len(captured)

    few = asked("/matters")
    for _place in range(6):
        factories.review(factories.event(made.organisation), level=1, tags=["115"])
    assert asked("/matters") == few <= 10
    assert asked(f"/matters/{made.matter.code}") <= 35
    assert Review.objects.count() == 8
