from __future__ import annotations

import re
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from PIL import Image
from pytest_django import Settings

from huiyin.directory.models import Duty, Role
from huiyin.kernel import clock
from huiyin.matters import services
from huiyin.matters.models import ContactAttempt, FollowUp, Matter
from huiyin.matters.table import State
from huiyin.web.desk.further import BY_NAME
from tests import factories
from tests.factories import Loop
from tests.support.clock import FrozenClock
from tests.web.people import SignedIn

pytestmark = pytest.mark.django_db


def _address(loop: Loop, step: str = "") -> str:
    return f"/desk/matters/{loop.matter.code}" + (f"/{step}" if step else "")


def _offered(page: HttpResponse) -> set[str]:
    """The steps of the road whose forms are on the page; those beside it are tested apart."""
    content = page.content.decode()
    steps = set(re.findall(r'action="/desk/matters/\w+/([\w-]+)', content)) - BY_NAME.keys()
    return steps | ({"approve"} if "/approval" in content else set())


def _take(client: Client, loop: Loop, step: str, **typed: object) -> HttpResponse:
    version = typed.pop("version", loop.again().version)
    return client.post(_address(loop, step), {"version": version} | typed, follow=True)


def _picture() -> SimpleUploadedFile:
    content = BytesIO()
    Image.new("RGB", (40, 30), "teal").save(content, "PNG")
    return SimpleUploadedFile("窗口.png", content.getvalue())


def _plan(loop: Loop) -> dict[str, object]:
    typed: dict[str, object] = {
        "root_cause": "process",
        "explanation": "取号与受理没有衔接。",
        "measure_head_1": "process",
        "measure_text_1": "增开窗口。",
    }
    for place, node in enumerate(factories.milestones(loop.matter), start=1):
        typed[f"milestone_title_{place}"] = node.title
        typed[f"milestone_day_{place}"] = node.due_on.isoformat()
    return typed


ROADSIDE = {"call", "message"}


@pytest.mark.parametrize(
    ("state", "in_round", "who", "steps"),
    [
        (State.DELIVERED, 1, "handler", ROADSIDE),
        (State.UNREACHABLE_ASKED, 1, "supervisor", {"decide-unreachable"}),
        (State.VERIFIED, 1, "handler", {"plan"}),
        (
            State.RECTIFYING,
            1,
            "handler",
            {"call", "message", "milestone", "evidence", "reply"},
        ),
        (State.REPLY_DRAFTED, 1, "approver", {"approve", "return"}),
        (State.TOLD, 1, None, set()),
        (State.REOPENED, 2, "handler", {"plan"}),
        (State.REPLY_DRAFTED, 2, "arbiter", {"approve", "return"}),
        (State.CLOSED, 2, None, set()),
    ],
)
def test_only_the_steps_that_one_may_take_now_are_offered(
    signed_in: SignedIn, state: State, in_round: int, who: str | None, steps: set[str]
) -> None:
    loop = factories.loop(state, in_round=in_round)
    for name in ("handler", "approver", "supervisor", "arbiter"):
        page = signed_in(getattr(loop, name)).get(_address(loop))
        if name == "arbiter" and in_round == 1:
            assert page.status_code == 404
        else:
            assert _offered(page) == (steps if name == who else set()), name


def test_an_auditor_reads_and_is_offered_nothing(signed_in: SignedIn) -> None:
    loop = factories.loop(State.RECTIFYING)
    auditor = factories.staff(Role.AUDITOR, over=factories.region(factories.PROVINCE))
    page = signed_in(auditor).get(_address(loop))
    assert page.status_code == 200
    assert _offered(page) == set()


def test_an_outsider_finds_nothing_and_changes_nothing(
    signed_in: SignedIn, caplog: pytest.LogCaptureFixture
) -> None:
    loop = factories.bad_review()
    client = signed_in(loop.outsider)
    assert client.get(_address(loop)).status_code == 404
    assert _take(client, loop, "call").status_code == 404
    assert loop.again().version == 1
    assert "outside their scope" in caplog.text
    assert loop.outsider.username not in caplog.text
    assert loop.outsider.display_name not in caplog.text


def test_the_whole_road_can_be_walked_by_forms_alone(
    signed_in: SignedIn, frozen_clock: FrozenClock
) -> None:
    loop = factories.bad_review()
    handler, approver = signed_in(loop.handler), signed_in(loop.approver)

    page = _take(handler, loop, "call")
    assert "Call reference" in page.content.decode()
    _take(handler, loop, "outcome", outcome="no_answer")
    frozen_clock.move_by(hours=1)
    _take(handler, loop, "call")
    page = _take(handler, loop, "outcome", outcome="reached", note="群众说明了情况。")
    assert "群众说明了情况。" in page.content.decode()
    assert ContactAttempt.objects.filter(matter=loop.matter).count() == 2

    _take(handler, loop, "verify", facts="系统故障，等候三小时。")
    assert loop.again().state == State.VERIFIED
    _take(handler, loop, "plan", **_plan(loop))
    assert loop.again().state == State.RECTIFYING
    _take(handler, loop, "milestone", place=1)
    _take(handler, loop, "evidence", file=_picture(), caption="新增的窗口")
    page = _take(handler, loop, "reply", text="已增开窗口。", result_class="solved")
    assert loop.again().state == State.REPLY_DRAFTED

    assert "已增开窗口。" in approver.get(_address(loop, "approval")).content.decode()
    page = _take(approver, loop, "return", reason="请写明开放时间。")
    assert loop.again().state == State.RECTIFYING
    _take(handler, loop, "reply", text="每天九点起增开。", result_class="solved")
    page = _take(approver, loop, "approve")
    assert loop.again().state == State.APPROVED
    assert page.status_code == 200

    services.tell(matter=loop.matter, via="relay")
    page = handler.get(_address(loop)).content.decode()
    assert "请写明开放时间。" in page
    assert "每天九点起增开。" in page
    assert loop.again().follow_up == FollowUp.ASKED


def test_nobody_reached_takes_three_attempts_apart_and_the_supervisor(
    signed_in: SignedIn, frozen_clock: FrozenClock
) -> None:
    loop = factories.bad_review()
    handler, supervisor = signed_in(loop.handler), signed_in(loop.supervisor)
    for attempt in range(3):
        page = handler.get(_address(loop)).content.decode()
        assert f"{attempt} of 3 attempts count" in page
        assert "ask-unreachable" not in _offered(handler.get(_address(loop)))
        frozen_clock.move_by(hours=2, minutes=1)
        _take(handler, loop, "call")
        _take(handler, loop, "outcome", outcome="busy")
    _take(handler, loop, "ask-unreachable", reason="三次都占线。")
    assert loop.again().state == State.UNREACHABLE_ASKED
    _take(supervisor, loop, "decide-unreachable", reason="请晚上再试。", decision="refuse")
    assert loop.again().state == State.DELIVERED
    frozen_clock.move_by(hours=2, minutes=1)
    _take(handler, loop, "call")
    _take(handler, loop, "outcome", outcome="busy")
    _take(handler, loop, "ask-unreachable", reason="晚上也占线。")
    _take(supervisor, loop, "decide-unreachable", reason="同意。", decision="agree")
    assert loop.again().state == State.VERIFIED
    assert loop.matter.unreachable


def test_without_a_gateway_the_page_says_so_instead_of_offering_a_call(
    signed_in: SignedIn, settings: Settings
) -> None:
    settings.HUIYIN_DEMO = False
    loop = factories.loop()
    handler = signed_in(loop.handler)
    page = handler.get(_address(loop))
    assert "has to connect one" in page.content.decode()
    assert not ROADSIDE & _offered(page)
    # A page that was opened before says the same when its button is pressed.
    for name in sorted(ROADSIDE):
        answer = _take(handler, loop, name, message="您好", version=loop.matter.version)
        assert answer.status_code == 503
        assert "has to connect one" in answer.content.decode()
    assert not ContactAttempt.objects.exists()


def test_a_message_goes_through_the_relay_and_is_recorded(signed_in: SignedIn) -> None:
    loop = factories.bad_review()
    _take(signed_in(loop.handler), loop, "message", message="请问您今天方便接电话吗？")
    attempt = ContactAttempt.objects.get(matter=loop.matter)
    assert (attempt.means, attempt.outcome) == ("message", "sent")
    assert attempt.relay_reference


def test_an_outcome_without_a_call_is_refused(signed_in: SignedIn) -> None:
    loop = factories.bad_review()
    answer = _take(signed_in(loop.handler), loop, "outcome", outcome="reached")
    assert answer.status_code == 422
    assert not ContactAttempt.objects.exists()


def test_a_matter_that_moved_is_shown_afresh_and_what_was_typed_is_kept(
    signed_in: SignedIn,
) -> None:
    loop = factories.loop(State.VERIFIED)
    typed = _plan(loop) | {"explanation": "我写了很久的原因分析。"}
    stale = loop.matter.version - 1
    answer = _take(signed_in(loop.handler), loop, "plan", version=stale, **typed)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Somebody else has just moved this matter on" in page
    assert "我写了很久的原因分析。" in page
    assert loop.again().state == State.VERIFIED
    assert f'name="version" value="{loop.matter.version}"' in page


@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 40, "٣"])
def test_a_form_without_a_true_version_changes_nothing(signed_in: SignedIn, version: str) -> None:
    loop = factories.bad_review()
    answer = _take(signed_in(loop.handler), loop, "call", version=version)
    assert answer.status_code == 409
    assert loop.again().version == 1


def test_a_step_of_another_actor_is_refused_and_what_was_typed_is_kept(
    signed_in: SignedIn,
) -> None:
    loop = factories.loop(State.VERIFIED)
    answer = _take(signed_in(loop.approver), loop, "plan", **_plan(loop))
    assert answer.status_code == 403
    assert "取号与受理没有衔接。" in answer.content.decode()
    assert loop.again().state == State.VERIFIED


def test_the_author_is_told_that_another_person_approves(signed_in: SignedIn) -> None:
    loop = factories.loop(State.REPLY_DRAFTED)
    Duty.objects.create(staff=loop.handler, role=Role.APPROVER, organisation=loop.organisation)
    client = signed_in(loop.handler)
    page = client.get(_address(loop))
    assert "Another person than the author has to approve" in page.content.decode()
    assert "approve" not in _offered(page)
    assert client.get(_address(loop, "approval")).status_code == 302
    assert _take(client, loop, "approve").status_code == 422
    assert loop.again().state == State.REPLY_DRAFTED


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"text": "", "result_class": "explained", "legal_reason": "第三条"}, "reply-text"),
        ({"text": "好", "result_class": "planned"}, "reply-planned_for"),
        (
            {"text": "好", "result_class": "planned", "planned_for": "2020-01-01"},
            "reply-planned_for",
        ),
        ({"text": "好", "result_class": "planned", "planned_for": "soon"}, "reply-planned_for"),
        ({"text": "好", "result_class": "explained"}, "reply-legal_reason"),
        ({"text": "好", "result_class": "voided"}, "reply-result_class"),
        ({"text": "字" * 4001, "result_class": "solved"}, "reply-text"),
    ],
)
def test_what_is_wrong_with_a_reply_stands_at_its_field(
    signed_in: SignedIn, typed: dict[str, str], field: str
) -> None:
    loop = factories.loop(State.RECTIFYING)
    answer = _take(signed_in(loop.handler), loop, "reply", **typed)
    assert answer.status_code == 422
    assert f'id="{field}_error"' in answer.content.decode()
    assert loop.again().state == State.RECTIFYING


def test_solved_without_evidence_is_refused_above_the_form(signed_in: SignedIn) -> None:
    loop = factories.loop(State.RECTIFYING)
    answer = _take(signed_in(loop.handler), loop, "reply", text="好了", result_class="solved")
    assert answer.status_code == 422
    assert "needs at least one piece of evidence" in answer.content.decode()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"measure_text_1": ""}, "Fill in both"),
        ({"measure_head_1": "", "measure_text_1": ""}, "Name at least one measure"),
        ({"milestone_day_1": "2030-01-01"}, "in the order of their days"),
        ({"milestone_day_5": "2030-01-01"}, "after the deadline"),
        ({"milestone_title_2": ""}, "Fill in both"),
        ({"root_cause": "fate"}, "plan-root_cause_error"),
    ],
)
def test_what_is_wrong_with_a_plan_is_said_and_nothing_is_lost(
    signed_in: SignedIn, changes: dict[str, str], said: str
) -> None:
    loop = factories.loop(State.VERIFIED)
    answer = _take(signed_in(loop.handler), loop, "plan", **(_plan(loop) | changes))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page
    assert "取号与受理没有衔接。" in page
    assert loop.again().state == State.VERIFIED


def test_the_plan_comes_with_milestones_before_the_deadline(signed_in: SignedIn) -> None:
    loop = factories.loop(State.VERIFIED)
    page = signed_in(loop.handler).get(_address(loop)).content.decode()
    days = re.findall(r'name="milestone_day_\d" value="([\d-]+)"', page)
    assert days == [node.due_on.isoformat() for node in factories.milestones(loop.matter)]


@pytest.mark.parametrize(
    "upload",
    [
        SimpleUploadedFile("x.png", b"not a picture"),
        SimpleUploadedFile("x.html", b"<script>alert(1)</script>"),
        SimpleUploadedFile("empty.pdf", b""),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused_at_its_field(
    signed_in: SignedIn, upload: SimpleUploadedFile
) -> None:
    loop = factories.loop(State.RECTIFYING)
    answer = _take(signed_in(loop.handler), loop, "evidence", file=upload)
    assert answer.status_code == 422
    assert 'id="evidence-file_error"' in answer.content.decode()
    assert not loop.matter.evidence.exists()


def test_no_contact_and_no_full_name_ever_reach_the_page(signed_in: SignedIn) -> None:
    loop = factories.loop(State.RECTIFYING)
    for who in (loop.handler, loop.approver, loop.supervisor):
        page = signed_in(who).get(_address(loop)).content.decode()
        assert "张**" in page
        for secret in (factories.MOBILE, factories.IDENTITY, factories.NAME):
            assert secret not in page


def test_a_hidden_name_hides_the_case_number_too(signed_in: SignedIn) -> None:
    loop = factories.bad_review(hide_name_from_unit=True)
    page = signed_in(loop.handler).get(_address(loop)).content.decode()
    assert "张" not in page
    assert loop.event.case.project_no not in page


def test_a_double_tick_is_told_kindly(signed_in: SignedIn) -> None:
    loop = factories.loop(State.RECTIFYING)
    client = signed_in(loop.handler)
    assert _take(client, loop, "milestone", place=1).status_code == 200
    answer = _take(client, loop, "milestone", place=1)
    assert answer.status_code == 422
    assert "reached already" in answer.content.decode()


def test_an_action_that_is_looked_at_leads_back_to_the_matter(signed_in: SignedIn) -> None:
    loop = factories.bad_review()
    answer = signed_in(loop.handler).get(_address(loop, "verify"))
    assert answer["Location"] == _address(loop)
    assert signed_in(loop.handler).get(_address(loop, "no-such-step")).status_code == 404


def test_steps_need_the_token_of_their_form() -> None:
    loop = factories.bad_review()
    client = Client(enforce_csrf_checks=True)
    client.force_login(loop.handler)
    assert client.post(_address(loop, "call"), {"version": 1}).status_code == 403


def test_what_was_written_is_shown_as_text(signed_in: SignedIn) -> None:
    loop = factories.bad_review(text="<script>alert('x')</script><b>粗</b>")
    page = signed_in(loop.handler).get(_address(loop)).content.decode()
    assert "<script>alert" not in page
    assert "&lt;b&gt;粗" in page


def test_more_history_costs_no_more_queries(signed_in: SignedIn) -> None:
    loop = factories.loop(State.RECTIFYING)
    client = signed_in(loop.handler)
    client.get(_address(loop))
    with CaptureQueriesContext(connection) as short:
        client.get(_address(loop))
    for _ in range(5):
        factories.reach(loop)
        _take(client, loop, "evidence", file=_picture())
    client.get(_address(loop))
    with CaptureQueriesContext(connection) as long:
        page = client.get(_address(loop)).content.decode()
    assert page.count("窗口.jpg") >= 5
    assert len(long) == len(short) <= 44


def test_the_next_step_is_due_by_its_own_clock_whatever_an_order_asks(signed_in: SignedIn) -> None:
    loop = factories.loop(State.RECTIFYING)
    services.order(**loop.now(loop.supervisor), demand="请说明进展。")
    rectification, order = (
        loop.matter.clocks.get(kind=kind) for kind in ("rectification", "supervision")
    )
    assert order.due_at < rectification.due_at
    assert signed_in(loop.handler).get(_address(loop)).context["until"] == rectification.due_at


def test_a_late_clock_says_so(signed_in: SignedIn, frozen_clock: FrozenClock) -> None:
    loop = factories.bad_review()
    frozen_clock.move_by(days=2)
    page = signed_in(loop.handler).get(_address(loop)).content.decode()
    assert "chip-late" in page
    assert Matter.objects.get(pk=loop.matter.pk).next_due_at < clock.now()
