"""Files from outside: judged by what they contain, never by what they are called.

Images are decoded and written anew, which drops metadata (place, device, time) and anything that
was hidden behind the picture.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from pathlib import PurePath
from typing import IO

from django.core.files.base import ContentFile
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from huiyin.kernel.problems import Invalid

MAX_BYTES = 8 * 1024 * 1024
_MAX_PIXELS = 50_000_000
_LONGEST_SIDE = 2560
_IMAGE_FORMATS = ("JPEG", "PNG", "WEBP")


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
    return _photo(_bytes_of(upload, field), name, field)


def accept_document(upload: IO[bytes], *, name: str, field: str) -> AcceptedFile:
    """A photograph or a PDF. Raises ``Invalid``."""
    content = _bytes_of(upload, field)
    if content.startswith(b"%PDF-"):
        return AcceptedFile(_base_name(name), "application/pdf", ".pdf", content)
    return _photo(content, name, field)


def _bytes_of(upload: IO[bytes], field: str) -> bytes:
    content = upload.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise Invalid(_("A file may have 8 MB at most."), field=field)
    if not content:
        raise Invalid(_("The file is empty."), field=field)
    return content


def _photo(content: bytes, name: str, field: str) -> AcceptedFile:
    unreadable = Invalid(_("Only JPEG, PNG and WebP pictures can be read."), field=field)
    try:
        with Image.open(io.BytesIO(content), formats=_IMAGE_FORMATS) as image:
            if image.width * image.height > _MAX_PIXELS:
                raise Invalid(_("The picture has too many pixels."), field=field)
            upright = ImageOps.exif_transpose(image).convert("RGB")
    except Image.DecompressionBombError as error:
        raise Invalid(_("The picture has too many pixels."), field=field) from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise unreadable from error
    upright.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    clean = Image.new("RGB", upright.size)
    clean.paste(upright)
    written = io.BytesIO()
    clean.save(written, "JPEG", quality=85)
    return AcceptedFile(_base_name(name), "image/jpeg", ".jpg", written.getvalue())


def _base_name(name: str) -> str:
    last = PurePath(name.replace("\\", "/")).name
    return "".join(sign for sign in last if sign.isprintable())[:200] or "file"
