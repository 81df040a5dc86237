"""The arbiter's room: what waits, both sides, the ruling in two steps, stepping back."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from huiyin.appeals.models import Ground, Ruling
from huiyin.directory.models import Role
from huiyin.matters import services as matters
from huiyin.matters.table import State
from tests import factories
from tests.appeals.support import appealed, heard, reported
from tests.factories import Loop
from tests.web.people import SignedIn

pytestmark = pytest.mark.django_db


def _case(made: Loop, rest: str = "") -> str:
    return f"/desk/arbitration/{made.matter.code}{rest}"


def _ruling(made: Loop, **said: Any) -> dict[str, Any]:
    return {
        "version": made.again().version,
        "decision": "voided",
        "reasons": "取号机无记录，监控亦无此人。",
    } | said


def test_an_arbiter_lands_in_the_room_and_sees_what_waits(signed_in: SignedIn) -> None:
    made, second = factories.loop(), factories.loop(State.REPLY_DRAFTED, in_round=2)
    appealed(made, Ground.MALICIOUS)
    everywhere = factories.staff(Role.ARBITER, over=factories.region(factories.PROVINCE))
    browser = signed_in(everywhere)
    assert browser.get("/desk/").url == "/desk/arbitration/"
    page = browser.get("/desk/arbitration/").content.decode()
    assert page.index(made.matter.code) < page.index(second.matter.code)
    assert "Malicious review" in page
    assert "A second reply to approve" in page
    assert "To the reply" in browser.get(_case(second)).content.decode()


def test_the_case_shows_both_sides_and_no_contact(signed_in: SignedIn) -> None:
    made = factories.loop(State.RECTIFYING, text="等了三个小时。")
    appealed(made, statement="该评价与事实不符。")
    heard(made)
    page = signed_in(made.arbiter).get(_case(made)).content.decode()
    for words in (
        "等了三个小时。",
        "该评价与事实不符。",
        "我当天确实在窗口等了三个小时。",
        "系统当天确有故障",
        "取号与受理没有衔接。",
        "监控截图.pdf",
    ):
        assert words in page
    for secret in (factories.MOBILE, factories.IDENTITY, factories.NAME):
        assert secret not in page


def test_a_ruling_is_looked_at_once_more_before_it_is_given(signed_in: SignedIn) -> None:
    made = factories.loop()
    appealed(made)
    heard(made)
    browser = signed_in(made.arbiter)
    shown = browser.post(_case(made, "/ruling"), _ruling(made))
    assert shown.status_code == 200
    page = shown.content.decode()
    assert "Give this ruling?" in page
    assert "取号机无记录" in page
    assert not Ruling.objects.exists()
    assert made.again().state == State.DELIVERED
    given = browser.post(_case(made, "/ruling"), _ruling(made, confirm="1"))
    assert given.url == "/desk/arbitration/"
    assert Ruling.objects.get().upheld
    assert made.again().state == State.APPROVED
    assert "What you ruled last" in browser.get("/desk/arbitration/").content.decode()


def test_what_stands_in_the_way_is_told_before_the_end(signed_in: SignedIn) -> None:
    made = factories.loop()
    appealed(made, Ground.MISTAKEN)
    browser = signed_in(made.arbiter)
    early = browser.post(_case(made, "/ruling"), _ruling(made, decision="recorded"))
    assert (early.status_code, "still has time" in early.content.decode()) == (422, True)
    heard(made)
    for said, words in (
        ({"reasons": ""}, "required"),
        ({"decision": "fined"}, "Select a valid choice"),
        ({"decision": "redirected"}, "Name the unit"),
        ({"decision": "redirected", "unit": "没有的单位"}, "No unit has this"),
    ):
        answer = browser.post(_case(made, "/ruling"), _ruling(made, **said))
        assert answer.status_code == 422, said
        assert words in answer.content.decode()
    name = factories.NAME
    shown = browser.post(
        _case(made, "/ruling"), _ruling(made, decision="dismissed", reasons=f"{name}到过现场。")
    )
    assert "held back" in shown.content.decode()
    stale = _ruling(made) | {"version": 1}
    moved = browser.post(_case(made, "/ruling"), stale)
    assert moved.status_code == 409
    assert "取号机无记录" in moved.content.decode()


def test_the_right_unit_is_named_by_code_or_name(signed_in: SignedIn) -> None:
    for typed in ("name", "uscc"):
        made = factories.loop()
        right = factories.organisation(f"正确单位{typed}")
        factories.staff(Role.HANDLER, of=right)
        appealed(made, Ground.MISTAKEN)
        heard(made)
        said = _ruling(made, decision="redirected", unit=getattr(right, typed), confirm="1")
        assert signed_in(made.arbiter).post(_case(made, "/ruling"), said).status_code == 302
        assert made.again().organisation == right


def test_earlier_rulings_are_found_and_cited(signed_in: SignedIn) -> None:
    first, second = factories.loop(), factories.loop()
    for made in (first, second):
        appealed(made)
        heard(made)
    browser = signed_in(first.arbiter)
    browser.post(_case(first, "/ruling"), _ruling(first, confirm="1"))
    [earlier] = Ruling.objects.all()
    assert "取号机无记录" in browser.get(_case(second) + "?q=取号机").content.decode()
    assert "No earlier ruling" in browser.get(_case(second) + "?q=不相干").content.decode()
    said = _ruling(second, confirm="1", q="取号机", precedents=[str(earlier.pk)])
    assert browser.post(_case(second, "/ruling"), said).status_code == 302
    assert list(second.matter.appeals.get().ruling.precedents.all()) == [earlier]


def test_who_steps_back_is_warned_and_sees_the_case_no_longer(signed_in: SignedIn) -> None:
    made = factories.loop()
    appealed(made)
    browser = signed_in(made.arbiter)
    assert "No other arbiter" in browser.get(_case(made)).content.decode()
    assert browser.post(_case(made, "/recusal"), {"version": 1}).status_code == 409
    said = {"version": made.again().version, "reason": ""}
    assert browser.post(_case(made, "/recusal"), said).status_code == 422
    answer = browser.post(_case(made, "/recusal"), said | {"reason": "认识当事人。"})
    assert answer.url == "/desk/arbitration/"
    assert browser.get(_case(made)).status_code == 404
    assert made.matter.code not in browser.get("/desk/arbitration/").content.decode()


def test_nobody_but_an_arbiter_of_another_line_finds_the_room(signed_in: SignedIn) -> None:
    made = factories.loop()
    key = appealed(made).evidence.get().pk
    inside = factories.staff(Role.ARBITER, of=made.organisation)
    for who in (made.handler, made.approver, made.supervisor, made.outsider, inside):
        browser = signed_in(who)
        for rest in ("", "/ruling", "/recusal"):
            assert browser.post(_case(made, rest), _ruling(made)).status_code in {404, 405}
        assert browser.get(_case(made)).status_code == 404
        queue = browser.get("/desk/arbitration/")
        assert queue.status_code == (200 if who == inside else 404)
        assert made.matter.code not in queue.content.decode()
    for who in (made.outsider, inside):
        for path in ("", f"/evidence/{key}"):
            address = f"/desk/appeals/{made.matter.code}{path}"
            assert signed_in(who).get(address).status_code == 404


def test_the_queue_costs_the_same_however_long_it_is(signed_in: SignedIn) -> None:
    browser = signed_in(factories.staff(Role.ARBITER, over=factories.region(factories.PROVINCE)))

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert browser.get("/desk/arbitration/").status_code == 200
        return len(queries)

    appealed(factories.loop())
    one = cost()
    for _more in range(3):
        appealed(factories.loop())
    reported(factories.loop(State.TOLD))
    assert cost() == one


def test_a_unit_files_its_appeal_and_speaks(signed_in: SignedIn) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    made = factories.loop()
    path = f"/desk/appeals/{made.matter.code}"
    browser = signed_in(made.handler)
    assert "Appeal against this review" in browser.get(path).content.decode()
    assert "There is no appeal" in signed_in(made.approver).get(path).content.decode()
    said = {"version": made.matter.version, "ground": "fake", "statement": "查无此人。"}
    for wrong in (said, said | {"evidence": SimpleUploadedFile("a.exe", b"MZ")}):
        assert browser.post(path, wrong).status_code == 422
    assert signed_in(made.approver).post(path, said).status_code == 422
    files = [SimpleUploadedFile(f"{n}.pdf", b"%PDF-1.4") for n in range(2)]
    filed = browser.post(path, said | {"evidence": files})
    assert filed.status_code == 302, filed.content.decode()
    assert made.matter.appeals.get().evidence.count() == 2
    page = browser.get(path).content.decode()
    assert "查无此人。" in page
    spoken = {"version": made.again().version, "text": "当天窗口没有开放。"}
    assert browser.post(f"{path}/statement", spoken).status_code == 302
    assert "当天窗口没有开放。" in browser.get(path).content.decode()
    [evidence, _other] = made.matter.appeals.get().evidence.all()
    saved = browser.get(f"{path}/evidence/{evidence.pk}")
    assert saved["Content-Disposition"].startswith("attachment")


def test_the_time_for_an_appeal_is_over_with_the_window(
    signed_in: SignedIn, frozen_clock: Any
) -> None:
    made = factories.loop()
    frozen_clock.move_by(days=4)
    page = signed_in(made.handler).get(f"/desk/appeals/{made.matter.code}").content.decode()
    assert "The time for an appeal is over." in page
    matters.withdraw(matter=made.matter)


def test_a_unit_reads_the_citizens_report_and_answers_it(signed_in: SignedIn) -> None:
    made = factories.loop(State.TOLD)
    reported(made, "窗口根本没有增开。")
    path = f"/desk/appeals/{made.matter.code}"
    browser = signed_in(made.handler)
    assert "窗口根本没有增开。" in browser.get(path).content.decode()
    spoken = {"version": made.again().version, "text": "窗口下周启用。"}
    assert browser.post(f"{path}/statement", spoken).status_code == 302
    for who in (made.handler, made.arbiter):
        assert signed_in(who).get(f"/desk/matters/{made.matter.code}").status_code == 200
    case = signed_in(made.arbiter).get(_case(made)).content.decode()
    assert "窗口下周启用。" in case
    assert "Established: it was only pretended" in case
