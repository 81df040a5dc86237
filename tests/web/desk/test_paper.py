"""The pages of paper forms, by two people and by others."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from PIL import Image

from huiyin.directory.models import Role
from huiyin.intake.channels.paper.models import Batch, PaperForm
from huiyin.kernel import clock
from huiyin.reviews.models import Review
from tests import factories
from tests.web.people import SignedIn

pytestmark = pytest.mark.django_db


class Desk:
    def __init__(self, signed_in: SignedIn) -> None:
        self.organisation = factories.organisation()
        self.first = signed_in(factories.staff(Role.HANDLER, of=self.organisation))
        self.second = signed_in(factories.staff(Role.APPROVER, of=self.organisation))
        self.outsider = signed_in(factories.staff(Role.HANDLER))

    def open(self, forms: int) -> str:
        answer = self.first.post(
            "/desk/paper/new",
            {
                "organisation": str(self.organisation.pk),
                "counter": "",
                "day": clock.today().isoformat(),
                "forms": str(forms),
            },
        )
        assert answer.status_code == 302, answer.context["form"].errors
        return f"/desk/paper/{Batch.objects.get().code}"


@pytest.fixture
def desk(signed_in: SignedIn, settings: Any) -> Desk:
    settings.HUIYIN_PAPER_SAMPLE_PERCENT = 100
    return Desk(signed_in)


def _form(number: str = "", level: str = "5", **more: Any) -> dict[str, Any]:
    return {"number": number, "level": level, "text": "", "mobile": "", "unusable": ""} | more


def _check(client: Client, address: str, level: str) -> Any:
    page = client.get(f"{address}/check").content.decode()
    found = re.search(r'name="sheet" value="([0-9a-f-]+)"', page)
    assert found
    return client.post(f"{address}/check", _form(level=level, sheet=found[1]), follow=True)


def test_two_people_bring_a_batch_home(desk: Desk) -> None:
    address = desk.open(2)
    assert "Keyed: 0 of 2" in desk.first.get(f"{address}/key").content.decode()
    page = desk.first.post(f"{address}/key", _form("A-1"), follow=True).content.decode()
    assert "Form A-1 is keyed." in page
    assert "Keyed: 1 of 2" in page
    desk.first.post(f"{address}/key", _form("A-2", "4"))
    desk.first.post(f"{address}/finish")
    assert desk.first.get(f"{address}/check").status_code == 302  # not their own
    waits = desk.first.get(f"{address}/").content.decode()
    assert "Another person than the one who keyed these forms" in waits
    page = desk.second.get(f"{address}/check").content.decode()
    assert "checked" not in re.findall(r'<input type="radio"[^>]*>', page)[0]
    _check(desk.second, address, "5")
    done = _check(desk.second, address, "4").content.decode()
    assert "The sample agrees." in done
    assert "cannot be taken back" in desk.second.get(f"{address}/release").content.decode()
    assert not Review.objects.exists()
    done = desk.second.post(f"{address}/release", follow=True).content.decode()
    assert "Reviews: 2." in done
    assert {review.trust for review in Review.objects.all()} == {"paper"}


def test_differences_are_shown_and_settled(desk: Desk, settings: Any) -> None:
    settings.HUIYIN_PAPER_ERROR_PERCENT = 100
    address = desk.open(1)
    desk.first.post(f"{address}/key", _form("A-1", "1", text="很慢。"))
    desk.first.post(f"{address}/finish")
    done = _check(desk.second, address, "5").content.decode()
    assert "The entries differ here and there." in done
    own = desk.first.get(f"{address}/differences").content.decode()
    assert "Somebody else has to settle this" in own
    page = desk.second.get(f"{address}/differences").content.decode()
    for shown in ("很慢。", "Very dissatisfied", "Very satisfied", "Level · Words"):
        assert shown in page
    sheet = str(PaperForm.objects.get().pk)
    settled = _form(level="1", text="很慢。", sheet=sheet)
    assert desk.second.post(f"{address}/differences", settled).status_code == 422
    desk.second.post(f"{address}/differences", settled | {"note": "看原表。"})
    assert Batch.objects.get().state == "ready"


def test_what_is_wrong_is_shown_at_the_form_and_nothing_stored(desk: Desk) -> None:
    address = desk.open(1)
    for wrong in (_form(""), _form("张三"), _form("A-1", ""), _form("A-1", "1")):
        assert desk.first.post(f"{address}/key", wrong).status_code in {409, 422}
    assert not PaperForm.objects.exists()


def test_a_scan_is_saved_and_never_shown(desk: Desk) -> None:
    address = desk.open(1)
    picture = BytesIO()
    Image.new("RGB", (40, 30), "teal").save(picture, "PNG")
    picture.seek(0)
    picture.name = "form.png"
    desk.first.post(f"{address}/key", _form("A-1", scan=picture))
    sheet = PaperForm.objects.get()
    file = f"{address}/forms/{sheet.pk}/scan"
    answer = desk.second.get(file)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="form.jpg"'
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert desk.outsider.get(file).status_code == 404
    sheet.scan.delete(save=False)
    program = BytesIO(b"MZ\x90\x00not a picture")
    program.name = "form.pdf"
    bad = desk.first.post(f"{address}/key", _form("A-1", scan=program))
    assert bad.status_code == 422


def test_an_outsider_finds_no_batch(desk: Desk) -> None:
    address = desk.open(1)
    for page in ("/", "/key", "/check", "/differences", "/release"):
        assert desk.outsider.get(f"{address}{page}").status_code == 404
    for step in ("/key", "/remove", "/finish", "/check", "/differences", "/release"):
        assert desk.outsider.post(f"{address}{step}", _form("A-1")).status_code == 404
    assert Batch.objects.get().code not in desk.outsider.get("/desk/paper/").content.decode()
    assert not PaperForm.objects.exists()


def test_the_list_says_how_far_each_batch_is(
    desk: Desk, django_assert_max_num_queries: Any
) -> None:
    empty = desk.first.get("/desk/paper/").content.decode()
    assert "No batch yet" in empty
    address = desk.open(3)
    desk.first.post(f"{address}/key", _form("A-1"))
    with django_assert_max_num_queries(18):
        page = desk.first.get("/desk/paper/").content.decode()
    assert "1 of 3" in page
