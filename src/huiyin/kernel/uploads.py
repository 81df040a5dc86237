"""Files from outside: judged by what they contain, never by what they are called.

Images are decoded and written anew, which drops metadata (place, device, time) and anything that
was hidden behind the picture. Decoding costs memory by the pixel, whatever the file weighs: so the
pixels are bounded, large pictures are made small as early as their format allows, and no more than
two are decoded at once in a process.
"""

from __future__ import annotations

import hashlib
import io
import threading
from dataclasses import dataclass
from pathlib import PurePath
from typing import IO

from django.core.files.base import ContentFile
from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from huiyin.kernel.problems import Invalid

MAX_BYTES = 8 * 1024 * 1024
# A JPEG that is not progressive is made small while it is read, line by line; of all others every
# pixel stands in memory at once, in up to eight bytes.
_MAX_PIXELS, _MAX_PIXELS_AT_ONCE = 50_000_000, 25_000_000
_LONGEST_SIDE = 2560
# In these modes a picture can be made small without losing colours; others become RGB first.
_SCALABLE = {"RGB", "RGBA", "L", "LA", "CMYK", "YCbCr"}
_LONGEST_NAME = 200
_IMAGE_FORMATS = ("JPEG", "PNG", "WEBP")
_decoders = threading.BoundedSemaphore(2)


@dataclass(frozen=True)
class AcceptedFile:
    """A file that was checked; ``content`` is what will be stored."""

    name: str
    media_type: str
    suffix: str
    content: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    def as_django_file(self) -> ContentFile[bytes]:
        return ContentFile(self.content)


def accept_photo(upload: IO[bytes], *, name: str, field: str) -> AcceptedFile:
    """A photograph, re-encoded without metadata. Raises ``Invalid``."""
    return _photo(
        _bytes_of(upload, field),
        name,
        field,
        unreadable=_("Only JPEG, PNG and WebP pictures can be read."),
    )


def accept_document(upload: IO[bytes], *, name: str, field: str) -> AcceptedFile:
    """A photograph or a PDF. Raises ``Invalid``."""
    content = _bytes_of(upload, field)
    if content.startswith(b"%PDF-"):
        return AcceptedFile(_stored_name(name, ".pdf"), "application/pdf", ".pdf", content)
    return _photo(content, name, field, unreadable=_("Only JPEG, PNG, WebP and PDF can be read."))


def _bytes_of(upload: IO[bytes], field: str) -> bytes:
    content = upload.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise Invalid(_("A file may have 8 MB at most."), field=field)
    if not content:
        raise Invalid(_("The file is empty."), field=field)
    return content


def _photo(content: bytes, name: str, field: str, *, unreadable: str) -> AcceptedFile:
    try:
        with _decoders:
            clean = _decoded(content)
            written = io.BytesIO()
            clean.save(written, "JPEG", quality=85)
    except (_TooManyPixels, Image.DecompressionBombError) as error:
        raise Invalid(_("The picture has too many pixels."), field=field) from error
    except Exception as error:
        # Decoders meet broken files in many ways (struct.error, TypeError, SyntaxError …), and
        # whatever they stumble over is the file's fault.
        raise Invalid(unreadable, field=field) from error
    return AcceptedFile(_stored_name(name, ".jpg"), "image/jpeg", ".jpg", written.getvalue())


class _TooManyPixels(Exception):
    pass


def _decoded(content: bytes) -> Image.Image:
    """The picture upright, in RGB, no larger than it is kept, with nothing beside its pixels."""
    with Image.open(io.BytesIO(content), formats=_IMAGE_FORMATS) as image:
        by_line = image.format == "JPEG" and not image.info.get("progressive")
        if image.width * image.height > (_MAX_PIXELS if by_line else _MAX_PIXELS_AT_ONCE):
            raise _TooManyPixels
        longest = (_LONGEST_SIDE, _LONGEST_SIDE)
        image.draft("RGB", longest)
        small = image if image.mode in _SCALABLE else image.convert("RGB")
        small.thumbnail(longest)
        upright = ImageOps.exif_transpose(small).convert("RGB")
    clean = Image.new("RGB", upright.size)
    clean.paste(upright)
    return clean


def _stored_name(name: str, suffix: str) -> str:
    """The file's own name, ending as what it is stored as: a PNG is kept as JPEG."""
    last = PurePath(name.replace("\\", "/")).name
    shown = PurePath("".join(sign for sign in last if sign.isprintable()))
    kept = shown.suffix.lower()
    right = {".jpg", ".jpeg"} if suffix == ".jpg" else {suffix}
    if kept in right and len(shown.name) <= _LONGEST_NAME:
        return shown.name
    return f"{shown.stem[: _LONGEST_NAME - 10] or 'file'}{suffix}"
