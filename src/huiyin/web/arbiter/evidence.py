"""The files of an appeal leave only through here, to those who may see the matter."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from huiyin.appeals.queries import evidence_of
from huiyin.matters.queries import get_visible
from huiyin.web.desk.frame import desk_page, member


@desk_page
@require_safe
def evidence(request: HttpRequest, code: str, evidence_id: UUID) -> HttpResponse:
    """A file to be saved: never opened within the page's own origin."""
    found = evidence_of(get_visible(member(request), code), evidence_id)
    with found.file.open("rb") as content:
        response = HttpResponse(content.read(), content_type=found.media_type)
    disposition = content_disposition_header(as_attachment=True, filename=found.name)
    response.headers["Content-Disposition"] = disposition or "attachment"
    return response
