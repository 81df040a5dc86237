"""Appeals and rulings on the public pages, once they are sealed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from huiyin.appeals import services
from huiyin.appeals.models import Ground
from huiyin.kernel import clock
from huiyin.matters import services as matters
from huiyin.matters.table import State
from tests import factories
from tests.appeals.support import appealed, heard, reported
from tests.support.epochs import seal

pytestmark = pytest.mark.django_db


def _public() -> str:
    return str(Client().get("/reviews/").content.decode())


def test_a_voided_review_stays_visible_as_voided_with_why_and_by_whom() -> None:
    made = factories.loop(text="态度很差。")
    appealed(made, Ground.FAKE)
    heard(made)
    seal()
    assert "单位提出申诉：虚假评价" in _public()
    services.rule(**made.now(made.arbiter), upheld=True, reasons="取号机无记录。")
    matters.tell(matter=made.again(), via="relay")
    assert "作废" not in _public()
    with clock.frozen(clock.now() + timedelta(days=3)):
        seal()
    page = _public()
    for words in ("经裁定作废，不计入统计", "态度很差。", "取号机无记录。"):
        assert words in page
    assert str(made.arbiter.organisation) in page
    assert made.arbiter.display_name not in page


def test_reasons_that_may_name_somebody_are_shown_as_held_back() -> None:
    made = factories.loop(text="态度很差。")
    appealed(made)
    heard(made)
    services.rule(**made.now(made.arbiter), upheld=False, reasons=f"{factories.NAME}确实到过窗口。")
    seal()
    page = _public()
    assert "裁定：申诉不成立，评价有效" in page
    assert factories.NAME not in page
    assert "暂不公开" in page


def test_a_report_of_a_pretence_and_a_withdrawal_are_told() -> None:
    made, other = factories.loop(State.TOLD), factories.loop()
    reported(made)
    services.be_heard(**made.now(made.handler), text="已按计划整改。")
    services.rule(**made.now(made.arbiter), upheld=True, reasons="现场未见新增窗口。")
    matters.withdraw(matter=other.matter)
    seal()
    page = _public()
    for words in (
        "群众反映整改弄虚作假",
        "裁定：认定整改弄虚作假",
        "现场未见新增窗口。",
        "群众撤回该事项，评价仍计入统计",
    ):
        assert words in page
