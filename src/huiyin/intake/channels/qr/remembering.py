"""The duplicate window: this browser has just rated at this place.

Kept in a signed cookie of our own, which says at which places, when and by which visit, and nothing
of what was said: it leads to no receipt, so who borrows a phone to rate leaves nothing behind. It
slows down who rates again and again; the unique key of a visit is what holds.
"""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from huiyin.kernel import clock

_COOKIE, _SALT = "huiyin_on_site", "huiyin.on-site"
# The last places are enough, and the cookie stays small.
_MOST = 10


def rated_recently(request: HttpRequest, place_id: UUID, *, but: UUID | None = None) -> bool:
    """Whether this browser rated at the place within the window; ``but`` by this visit, which is
    the same form sent twice."""
    latest = _read(request).get(place_id.hex)
    if latest is None:
        return False
    return latest["visit"] != (but.hex if but else "")


def remember(
    request: HttpRequest, response: HttpResponse, *, place_id: UUID, visit_id: UUID
) -> None:
    known = _read(request)
    known.pop(place_id.hex, None)
    known[place_id.hex] = {"visit": visit_id.hex, "at": int(clock.now().timestamp())}
    kept = dict(list(known.items())[-_MOST:])
    response.set_cookie(
        _COOKIE,
        signing.dumps(kept, salt=_SALT, compress=True),
        max_age=settings.HUIYIN_ON_SITE_WINDOW_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _read(request: HttpRequest) -> dict[str, dict[str, str | int]]:
    """What is known and still within the window, by place."""
    try:
        said = signing.loads(request.COOKIES.get(_COOKIE, ""), salt=_SALT)
    except signing.BadSignature:
        return {}
    since = clock.now().timestamp() - settings.HUIYIN_ON_SITE_WINDOW_SECONDS
    return {place: one for place, one in said.items() if one["at"] > since}
