"""Photos and evidence leave only through here, to those who may see the matter."""

from __future__ import annotations

from uuid import UUID

from django.db.models.fields.files import FieldFile
from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from huiyin.kernel.problems import NotFound
from huiyin.matters.models import Evidence
from huiyin.matters.queries import get_visible
from huiyin.reviews.models import KIND, Photo
from huiyin.web.desk.frame import desk_page, member


@desk_page
@require_safe
def photo(request: HttpRequest, code: str, place: int) -> HttpResponse:
    """A photo the citizen added, shown on the page."""
    matter = get_visible(member(request), code)
    found = Photo.objects.filter(review_id=matter.subject_id, place=place).first()
    if found is None or matter.kind != KIND:
        raise NotFound
    return _whole(found.file, found.media_type)


@desk_page
@require_safe
def evidence(request: HttpRequest, code: str, evidence_id: UUID) -> HttpResponse:
    """A file of the unit, to be saved: never opened within the page's own origin."""
    matter = get_visible(member(request), code)
    found = Evidence.objects.filter(matter=matter, pk=evidence_id).first()
    if found is None:
        raise NotFound
    return to_be_saved(found.file, found.media_type, found.name)


def to_be_saved(file: FieldFile, media_type: str, name: str) -> HttpResponse:
    """A file that the browser saves and does not show."""
    response = _whole(file, media_type)
    disposition = content_disposition_header(as_attachment=True, filename=name)
    response.headers["Content-Disposition"] = disposition or "attachment"
    return response


def _whole(file: FieldFile, media_type: str) -> HttpResponse:
    """A file in one piece: uploads are 8 MB at most, and an iterator would block the server."""
    with file.open("rb") as content:
        return HttpResponse(content.read(), content_type=media_type)
