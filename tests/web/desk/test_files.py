from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from huiyin.kernel.uploads import accept_document, accept_photo
from huiyin.matters import services
from huiyin.matters.table import State
from tests import factories
from tests.web.people import SignedIn

pytestmark = pytest.mark.django_db


def _jpeg() -> BytesIO:
    content = BytesIO()
    Image.new("RGB", (40, 30), "teal").save(content, "JPEG")
    content.seek(0)
    return content


def test_a_photo_is_for_those_who_see_the_matter(signed_in: SignedIn) -> None:
    photo = accept_photo(_jpeg(), name="a.jpg", field="photos")
    loop = factories.bad_review(photos=[photo])
    address = f"/desk/matters/{loop.matter.code}/photos/1"
    answer = signed_in(loop.handler).get(address)
    assert answer.content == photo.content
    assert answer["Content-Type"] == "image/jpeg"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer["Cache-Control"]
    assert signed_in(loop.outsider).get(address).status_code == 404
    assert signed_in(loop.handler).get(address.replace("/1", "/2")).status_code == 404


def test_evidence_is_saved_never_opened_in_our_origin(signed_in: SignedIn) -> None:
    loop = factories.loop(State.RECTIFYING)
    file = accept_document(BytesIO(b"%PDF-1.7 invented"), name='整改"照片\r\n.pdf', field="file")
    evidence = services.add_evidence(**loop.now(loop.handler), file=file)
    address = f"/desk/matters/{loop.matter.code}/evidence/{evidence.pk}"
    answer = signed_in(loop.supervisor).get(address)
    assert answer.content == file.content
    assert answer["Content-Disposition"].startswith("attachment; filename*=utf-8''")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert signed_in(loop.outsider).get(address).status_code == 404


def test_evidence_of_another_matter_is_not_found_under_this_one(signed_in: SignedIn) -> None:
    loop, other = factories.loop(State.RECTIFYING), factories.loop(State.RECTIFYING)
    file = accept_document(BytesIO(b"%PDF-1.7 invented"), name="a.pdf", field="file")
    evidence = services.add_evidence(**other.now(other.handler), file=file)
    address = f"/desk/matters/{loop.matter.code}/evidence/{evidence.pk}"
    assert signed_in(loop.handler).get(address).status_code == 404
