"""The citizen's word beside the review: heard, reporting a pretence, withdrawing."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from PIL import Image

from huiyin.appeals import services
from huiyin.appeals.models import Appeal, Ground
from huiyin.directory.models import Role
from huiyin.matters import services as matters
from huiyin.matters.models import ResultClass
from huiyin.matters.table import State
from tests import factories
from tests.appeals.support import appealed, heard, reported
from tests.factories import Loop

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_clock")]


def _page(browser: Client, made: Loop, rest: str = "") -> str:
    return str(browser.get(f"/s/{made.receipt.code}{rest}").content.decode())


def _say(browser: Client, made: Loop, rest: str, text: str) -> Any:
    return browser.post(f"/s/{made.receipt.code}/{rest}", {"text": text})


def test_the_citizen_reads_the_claim_and_answers_it(browser: Client) -> None:
    made = factories.loop()
    assert "陈述意见" not in _page(browser, made)
    appealed(made, Ground.WRONG_LEVEL, statement="留言内容为表扬。")
    page = _page(browser, made)
    for words in ("认为您选错了等级", "留言内容为表扬。", "2024年3月6日 24:00", "陈述意见"):
        assert words in page
    assert "留言内容为表扬。" in _page(browser, made, "/hearing")
    empty = _say(browser, made, "hearing", "  ")
    assert (empty.status_code, "请填写此项" in empty.content.decode()) == (422, True)
    said = _say(browser, made, "hearing", "我没有按错。")
    assert said.url == f"/s/{made.receipt.code}"
    assert "我没有按错。" in _page(browser, made)
    assert Appeal.objects.get().statements.get().staff is None


def test_rulings_are_told_with_their_reasons_and_by_whom(browser: Client) -> None:
    made = factories.loop()
    appealed(made)
    heard(made)
    services.rule(**made.now(made.arbiter), upheld=True, reasons="取号机无记录。")
    matters.tell(matter=made.again(), via="relay")
    page = _page(browser, made)
    assert "已办结：您的评价经裁定作废" in page
    assert "理由：取号机无记录。" in page
    assert f"裁定机构：{made.arbiter.organisation}" in page
    assert made.arbiter.display_name not in page
    assert _say(browser, made, "hearing", "还有").url == f"/s/{made.receipt.code}"


def test_the_unit_in_charge_is_named_after_a_redirection(browser: Client) -> None:
    made = factories.loop()
    right = factories.organisation("正确单位")
    factories.staff(Role.HANDLER, of=right)
    appealed(made, Ground.MISTAKEN)
    heard(made)
    services.rule(**made.now(made.arbiter), upheld=True, reasons="不属其职责。", unit=right)
    page = _page(browser, made)
    assert "裁定：改由正确单位负责" in page
    assert "等待正确单位联系您" in page
    assert f"您的评价已送达{made.organisation}" in page or str(made.organisation) in page


def test_a_pretence_is_reported_beside_the_follow_up_review(browser: Client) -> None:
    made = factories.loop(State.TOLD)
    assert "/pretended" in _page(browser, made)
    assert "重新办理" in _page(browser, made, "/pretended")
    assert _say(browser, made, "pretended", "").status_code == 422
    assert _say(browser, made, "pretended", "窗口没有开。").status_code == 302
    assert made.again().state == State.REOPENED
    page = _page(browser, made)
    assert "您反映整改弄虚作假" in page
    assert "/pretended" not in page
    # Sent twice: told where it stands.
    assert _say(browser, made, "pretended", "窗口没有开。").status_code == 302
    assert Appeal.objects.count() == 1


def _picture() -> SimpleUploadedFile:
    written = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(written, "PNG")
    return SimpleUploadedFile("张三丰的窗口.png", written.getvalue())


def test_photographs_of_a_pretence_reach_the_unit_and_the_arbiter_and_nobody_else(
    browser: Client,
) -> None:
    made = factories.loop(State.TOLD)
    address = f"/s/{made.receipt.code}/pretended"
    assert 'name="photos"' in _page(browser, made, "/pretended")
    broken = SimpleUploadedFile("x.png", b"no picture")
    answer = browser.post(address, {"text": "窗口没有开。", "photos": [_picture(), broken]})
    assert answer.status_code == 422
    assert "窗口没有开。" in answer.content.decode()
    many = [_picture() for _ in range(6)]
    assert browser.post(address, {"text": "窗口没有开。", "photos": many}).status_code == 422
    too_many = [_picture() for _ in range(11)]
    assert browser.post(address, {"text": "窗口没有开。", "photos": too_many}).status_code == 400
    assert not Appeal.objects.exists()
    sent = {"text": "窗口没有开。", "photos": [_picture(), _picture()]}
    assert browser.post(address, sent).status_code == 302
    files = list(Appeal.objects.get().evidence.all())
    # Written anew, without the name it had on the citizen's telephone.
    assert [(file.name, file.media_type) for file in files] == [
        ("1.jpg", "image/jpeg"),
        ("2.jpg", "image/jpeg"),
    ]
    said = made.again().steps.get(event="report_fake").entry
    assert '"files":2' in said.public.replace(" ", "")
    where = f"/desk/appeals/{made.matter.code}/evidence/{files[0].pk}"
    for person, status in ((made.arbiter, 200), (made.handler, 200), (made.outsider, 404)):
        client = Client()
        client.force_login(person)
        assert client.get(where).status_code == status, person
    assert Client().get(where).status_code == 302
    client = Client()
    client.force_login(made.arbiter)
    assert "照片 1" in client.get(f"/desk/arbitration/{made.matter.code}").content.decode()


def test_withdrawing_asks_once_more_and_keeps_the_review(browser: Client) -> None:
    made = factories.loop()
    assert "/withdraw" in _page(browser, made)
    assert "计入统计" in _page(browser, made, "/withdraw")
    assert made.again().state == State.DELIVERED
    assert _say(browser, made, "withdraw", "").status_code == 302
    assert made.again().result_class == ResultClass.WITHDRAWN
    assert made.matter.state == State.CLOSED
    page = _page(browser, made)
    assert "已办结：您已撤回" in page
    assert "/withdraw" not in page


def test_withdrawn_while_an_appeal_is_open_it_waits_for_the_ruling(browser: Client) -> None:
    made = factories.loop()
    appealed(made)
    assert "裁定机构仍会就单位的申诉作出裁定" in _page(browser, made, "/withdraw")
    _say(browser, made, "withdraw", "")
    assert "等待裁定机构作出裁定" in _page(browser, made)


def test_forms_that_are_not_open_and_good_reviews_lead_back(browser: Client) -> None:
    made, good = factories.loop(), factories.review()
    for code, rest in (
        (made.receipt.code, "hearing"),
        (made.receipt.code, "pretended"),
        (good.code, "withdraw"),
    ):
        for answer in (
            browser.get(f"/s/{code}/{rest}"),
            browser.post(f"/s/{code}/{rest}", {"text": "x"}),
        ):
            assert answer.url == f"/s/{code}"
    for rest in ("hearing", "pretended", "withdraw"):
        assert browser.get(f"/s/0000000000000000/{rest}").status_code == 404


def test_the_status_page_costs_the_same_with_an_appeal_and_many_words(browser: Client) -> None:
    made = factories.loop(State.TOLD)
    reported(made)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            _page(browser, made)
        return len(queries)

    one = cost()
    for _time in range(3):
        services.be_heard(**made.now(made.handler), text="说明。")
    assert cost() == one
