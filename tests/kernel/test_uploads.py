import io

import pytest
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


def test_a_picture_with_too_many_pixels_is_refused() -> None:
    with pytest.raises(Invalid) as refused:
        _accept(_picture("PNG", (9000, 6000)))
    assert refused.value.field == "photos"


def test_more_than_eight_megabytes_are_refused() -> None:
    with pytest.raises(Invalid, match="8 MB"):
        _accept(b"\xff\xd8" + bytes(uploads.MAX_BYTES))


def test_documents_may_be_pdf_and_keep_only_the_name_of_the_file() -> None:
    accepted = uploads.accept_document(
        io.BytesIO(b"%PDF-1.7 ..."), name="C:\\secret\\../proof.pdf", field="file"
    )
    assert (accepted.name, accepted.suffix) == ("proof.pdf", ".pdf")
