"""The address of a sheet: it leads to its place, nobody can make one up, and old ones are known."""

import io
from datetime import timedelta

import pytest

from huiyin.intake.channels.qr import sheets
from huiyin.intake.channels.qr.sheets import State
from huiyin.kernel import clock, ids
from huiyin.reviews import services
from tests import factories

pytestmark = pytest.mark.django_db


def _text(place) -> str:
    return sheets.path_of(place).removeprefix("/q/")


def test_a_sheet_leads_to_its_place_in_capitals_or_not() -> None:
    place = factories.place()
    text = _text(place)
    assert (len(text), text.isalnum()) == (18, True)
    for typed in (text, text.lower()):
        read = sheets.read(typed)
        assert read is not None
        assert (read.place, read.version, read.state) == (place, 1, State.CURRENT)


def test_nobody_can_make_up_the_sheet_of_another_place() -> None:
    one, other = factories.place(), factories.place()
    forged = other.code + _text(one)[9:]
    guessed = other.code + ids.new_code(8)
    for text in (forged, guessed, "", "x", other.code, _text(one)[:-1], _text(one) + "0", "é" * 18):
        assert sheets.read(text) is None
    device = factories.place(kind="kiosk")
    assert sheets.read(_text(device)) is None


def test_after_new_sheets_the_old_ones_lead_on_for_a_while_and_then_say_so() -> None:
    place = factories.place()
    first = _text(place)
    turned = services.rotate_place(place, grace=timedelta(days=2))
    assert _text(turned) != first

    def state(text: str) -> State:
        read = sheets.read(text)
        assert read is not None
        return read.state

    assert (state(first), state(_text(turned))) == (State.LAST, State.CURRENT)
    with clock.frozen(clock.now() + timedelta(days=2)):
        assert state(first) == State.OUT_OF_DATE
    # Turned over again at once: the first is out of date whatever was said then.
    again = services.rotate_place(place)
    assert [state(text) for text in (first, _text(turned), _text(again))] == [
        State.OUT_OF_DATE,
        State.OUT_OF_DATE,
        State.CURRENT,
    ]
    services.revoke_place(place)
    assert {state(text) for text in (first, _text(again))} == {State.REVOKED}


def test_a_scanner_reads_the_address_from_the_printed_code(settings) -> None:
    cv2 = pytest.importorskip("cv2", reason="opencv reads QR codes; the matrix is compared below")
    numpy = pytest.importorskip("numpy")
    settings.HUIYIN_BASE_URL = "https://hcp.example.gov.cn"
    place = factories.place()
    picture = io.BytesIO()
    sheets.qr_of(place).save(picture, kind="png", scale=8, border=4)
    pixels = cv2.imdecode(numpy.frombuffer(picture.getvalue(), "uint8"), cv2.IMREAD_GRAYSCALE)
    read, _points, _straight = cv2.QRCodeDetector().detectAndDecode(pixels)
    assert read == sheets.address_of(place)


def test_the_printed_code_stands_a_quarter_of_damage() -> None:
    code = sheets.qr_of(factories.place())
    assert code.error == "Q"
    assert not code.is_micro
