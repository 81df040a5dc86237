"""The receipt as a file, to keep and to verify."""

from __future__ import annotations

import pytest
from django.test import Client

from huiyin.matters.table import State
from huiyin.reviews.models import Review
from huiyin.verify.receipt import compare_entry, compare_promise, read_promise, read_receipt
from tests import factories

pytestmark = pytest.mark.django_db


def test_it_is_the_receipt_that_was_handed_out(browser: Client) -> None:
    given = factories.review(level=4, text="办得很快")
    answer = browser.get(f"/s/{given.code}/receipt.json")
    assert answer["Content-Type"] == "application/json"
    assert answer["Content-Disposition"] == 'attachment; filename="huiyin-receipt.json"'
    assert "no-store" in answer["Cache-Control"]
    receipt = read_receipt(answer.content)
    assert (receipt.level, receipt.text) == (4, "办得很快")
    assert receipt.promise == given.promise
    promise = read_promise(receipt.promise)
    compare_promise(receipt, promise)
    compare_entry(receipt, promise)


def test_each_review_has_a_receipt_of_its_own(browser: Client) -> None:
    made = factories.loop(State.TOLD)
    factories.confirm(made, level=4)
    second = Review.objects.get(ordinal=2)
    page = browser.get(f"/s/{made.receipt.code}").content.decode()
    codes = {part.split("/")[0] for part in page.split("/s/") if "/receipt.json" in part[:40]}
    assert len(codes) == 2
    [other] = codes - {made.receipt.code}
    assert browser.get(f"/s/{other}/receipt.json").json()["ordinal"] == second.ordinal


@pytest.mark.parametrize("code", ["nothing", "0000000000000000"])
def test_a_code_that_is_nobodys_is_told(browser: Client, code: str) -> None:
    assert browser.get(f"/s/{code}/receipt.json").status_code == 404
