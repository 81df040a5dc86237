"""Live push to the desk: server-sent events while a page is open."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.translation import get_language

from huiyin.notices.stream import CONTENT_TYPE, events_for


async def stream(request: HttpRequest) -> HttpResponseBase:
    """What arrives in the reader's inbox from now on, or since the event they saw last.

    Without a session it is refused instead of redirected: a browser would reconnect for ever.
    """
    user = await request.auser()
    if not user.is_authenticated:
        return HttpResponse(status=403)
    # The header comes with a reconnection; the page's own number with the first connection.
    since = request.headers.get("Last-Event-ID") or request.GET.get("since")
    language = get_language() or settings.LANGUAGE_CODE
    events = events_for(user, since, language=language)
    response = StreamingHttpResponse(events, content_type=CONTENT_TYPE)
    # A reverse proxy must pass every event on at once.
    response.headers["X-Accel-Buffering"] = "no"
    return response
