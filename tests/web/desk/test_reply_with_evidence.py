"""A reply that says “solved” brings its evidence along, and what was typed is never lost."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from PIL import Image
from pytest_django import Settings

from huiyin.matters.table import State
from tests import factories
from tests.factories import Loop
from tests.web.people import SignedIn

pytestmark = pytest.mark.django_db
TYPED = "叫号机已更换，给您添麻烦了。"


@pytest.fixture
def stored(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def _send(client: Client, loop: Loop, **typed: object) -> HttpResponse:
    typed = {"version": loop.again().version, "text": TYPED, "result_class": "solved"} | typed
    return client.post(f"/desk/matters/{loop.matter.code}/reply", typed, follow=True)


def _picture() -> SimpleUploadedFile:
    content = BytesIO()
    Image.new("RGB", (40, 30), "teal").save(content, "PNG")
    return SimpleUploadedFile("窗口.png", content.getvalue())


def test_a_refused_reply_comes_back_with_its_text_and_takes_the_file_along(
    signed_in: SignedIn,
) -> None:
    loop = factories.loop(State.RECTIFYING)
    client = signed_in(loop.handler)
    refused = _send(client, loop)
    page = refused.content.decode()
    assert refused.status_code == 422
    assert TYPED in page
    assert 'type="file" name="file"' in page
    # No other form takes the file, which would load the page again and lose the text.
    assert "/evidence" not in page
    _send(client, loop, file=_picture())
    assert loop.again().state == State.REPLY_DRAFTED
    assert loop.matter.evidence.get().name.startswith("窗口")
    assert loop.matter.replies.get().text == TYPED


def test_a_file_that_is_none_is_refused_at_its_field_and_the_text_stays(
    signed_in: SignedIn,
) -> None:
    loop = factories.loop(State.RECTIFYING)
    broken = SimpleUploadedFile("x.png", b"not a picture")
    answer = _send(signed_in(loop.handler), loop, file=broken)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'id="reply-file_error"' in page
    assert TYPED in page
    assert loop.again().state == State.RECTIFYING


def test_a_reply_that_is_refused_leaves_no_file_behind(signed_in: SignedIn, stored: Path) -> None:
    loop = factories.loop(State.RECTIFYING)
    before = loop.again().version
    answer = _send(
        signed_in(loop.handler),
        loop,
        file=_picture(),
        result_class="planned",
        planned_for="2020-01-01",
    )
    assert answer.status_code == 422
    assert loop.again().version == before
    assert not loop.matter.evidence.exists()
    assert not [path for path in stored.rglob("*") if path.is_file()]


def test_a_reply_with_evidence_of_its_round_asks_for_no_file(signed_in: SignedIn) -> None:
    loop = factories.loop(State.RECTIFYING)
    client = signed_in(loop.handler)
    client.post(
        f"/desk/matters/{loop.matter.code}/evidence",
        {"version": loop.again().version, "file": _picture()},
    )
    page = client.get(f"/desk/matters/{loop.matter.code}").content.decode()
    assert 'id="reply-file"' not in page
    assert 'id="evidence-file"' in page
