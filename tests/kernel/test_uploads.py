import io
import struct
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from django.utils import translation
from PIL import Image

from huiyin.kernel import uploads
from huiyin.kernel.problems import Invalid


def _picture(kind: str = "JPEG", size: tuple[int, int] = (40, 30), **options: object) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", size, "teal").save(written, kind, **options)
    return written.getvalue()


def _accept(content: bytes, name: str = "a.jpg") -> uploads.AcceptedFile:
    return uploads.accept_photo(io.BytesIO(content), name=name, field="photos")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_pictures_are_accepted_by_content(kind: str) -> None:
    accepted = _accept(_picture(kind), "holiday.exe")
    assert accepted.media_type == "image/jpeg"
    assert Image.open(io.BytesIO(accepted.content)).size == (40, 30)


def test_metadata_and_what_follows_the_picture_are_gone() -> None:
    exif = Image.Exif()
    exif[0x010E] = "张三 at home"
    exif.get_ifd(0x8825)[1] = "N"
    accepted = _accept(_picture(exif=exif) + b"<script>hidden</script>")
    assert "张三".encode() not in accepted.content
    assert b"script" not in accepted.content
    assert not Image.open(io.BytesIO(accepted.content)).getexif()


@pytest.mark.parametrize(
    "content", [b"", b"GIF89a", b"<svg/>", b"%PDF-1.7", b"\xff\xd8\xff\xe0 not a picture"]
)
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        _accept(content)
    assert refused.value.field == "photos"


@pytest.mark.parametrize(
    ("kind", "size", "options"),
    [
        ("PNG", (60, 50), {}),
        ("WEBP", (60, 50), {}),
        ("JPEG", (60, 50), {"progressive": True}),
        ("JPEG", (90, 60), {}),
    ],
)
def test_a_picture_with_too_many_pixels_is_refused(
    monkeypatch: pytest.MonkeyPatch, kind: str, size: tuple[int, int], options: dict[str, object]
) -> None:
    monkeypatch.setattr(uploads, "_MAX_PIXELS", 5000)
    monkeypatch.setattr(uploads, "_MAX_PIXELS_AT_ONCE", 2500)
    with translation.override("en"), pytest.raises(Invalid, match="pixels") as refused:
        _accept(_picture(kind, size, **options))
    assert refused.value.field == "photos"


def test_a_jpeg_that_is_read_line_by_line_may_be_larger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "_MAX_PIXELS_AT_ONCE", 2500)
    assert _accept(_picture(size=(60, 50)))


def test_a_large_photograph_is_kept_small_and_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    accepted = _accept(_picture(size=(6000, 4500), exif=exif))
    assert Image.open(io.BytesIO(accepted.content)).size == (1920, 2560)


def test_no_more_than_two_pictures_are_decoded_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    now, most, counting = 0, 0, threading.Lock()
    decode = uploads._decoded

    def counted(content: bytes) -> Image.Image:
        nonlocal now, most
        with counting:
            now += 1
            most = max(most, now)
        made = decode(content)
        with counting:
            now -= 1
        return made

    monkeypatch.setattr(uploads, "_decoded", counted)
    content = _picture("PNG", (1500, 1500))
    with ThreadPoolExecutor(8) as pool:
        assert len(list(pool.map(_accept, [content] * 16))) == 16
    assert most <= 2


@pytest.mark.parametrize("mode", ["P", "1", "L", "LA", "RGBA", "I;16"])
def test_pictures_of_all_colour_modes_are_read(mode: str) -> None:
    written = io.BytesIO()
    Image.new(mode, (40, 30)).save(written, "PNG")
    assert _accept(written.getvalue()).media_type == "image/jpeg"


@pytest.mark.parametrize(
    "exif",
    [b"Exif\0\0", b"Exif\0\0II*\0", b"Exif\0\0MM\0*\xff\xff\xff\xff", b"Exif\0\0" + b"\xff" * 40],
)
def test_broken_metadata_never_breaks_the_reader(exif: bytes) -> None:
    with suppress(Invalid):
        _accept(_picture(exif=exif))


@pytest.mark.parametrize("error", [struct.error, TypeError, IndexError, MemoryError, KeyError])
def test_whatever_a_decoder_stumbles_over_is_a_refusal(
    monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def broken(_image: Image.Image) -> Image.Image:
        raise error

    monkeypatch.setattr(uploads.ImageOps, "exif_transpose", broken)
    with pytest.raises(Invalid):
        _accept(_picture())


def test_more_than_eight_megabytes_are_refused() -> None:
    with pytest.raises(Invalid, match="8 MB"):
        _accept(b"\xff\xd8" + bytes(uploads.MAX_BYTES))


def test_documents_may_be_pdf_and_keep_only_the_name_of_the_file() -> None:
    accepted = uploads.accept_document(
        io.BytesIO(b"%PDF-1.7 ..."), name="C:\\secret\\../proof.pdf", field="file"
    )
    assert (accepted.name, accepted.suffix) == ("proof.pdf", ".pdf")


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("a.png", "a.jpg"),
        ("a.JPG", "a.JPG"),
        ("a.jpeg", "a.jpeg"),
        ("新窗口", "新窗口.jpg"),
        ("", "file.jpg"),
        ("x" * 300 + ".png", "x" * 190 + ".jpg"),
        ("x" * 300 + ".jpg", "x" * 190 + ".jpg"),
    ],
)
def test_a_file_is_named_after_what_it_is_stored_as(name: str, stored: str) -> None:
    assert _accept(_picture("PNG"), name).name == stored


def test_the_refusal_of_a_document_names_all_kinds() -> None:
    with pytest.raises(Invalid, match="PDF"):
        uploads.accept_document(io.BytesIO(b"GIF89a"), name="a.gif", field="file")
