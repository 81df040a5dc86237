"""Errors that a caller can act on. Each is a small class with a code, a status and a sentence.

On the API they become problem details (RFC 9457), on pages a message beside the form. ``code`` is
stable and documented; ``title`` is translated; ``field`` names the input at fault.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Problem(Exception):
    """Something the caller did or asked for cannot be done; nothing was changed."""

    code: ClassVar[str] = "problem"
    status: ClassVar[int] = 400
    title: ClassVar[str | Promise] = _("This cannot be done.")

    def __init__(
        self, detail: str | Promise | None = None, *, field: str | None = None, **extra: Any
    ) -> None:
        self.detail = detail
        self.field = field
        self.extra = extra
        super().__init__(self.code, field)

    def __str__(self) -> str:
        return str(self.detail or self.title)

    def as_dict(self) -> dict[str, Any]:
        """The members of the problem document, without ``instance``."""
        body: dict[str, Any] = {
            "type": f"urn:huiyin:problem:{self.code}",
            "title": str(self.title),
            "status": self.status,
            "code": self.code,
        }
        if self.detail:
            body["detail"] = str(self.detail)
        if self.field:
            body["field"] = self.field
        return body | self.extra


class Invalid(Problem):
    code = "invalid"
    status = 422
    title = _("Something in the request is not valid.")


class NotFound(Problem):
    code = "not-found"
    status = 404
    title = _("There is nothing here.")


class Forbidden(Problem):
    code = "forbidden"
    status = 403
    title = _("You may not do this.")


class TooMany(Problem):
    code = "too-many-requests"
    status = 429
    title = _("Too many requests. Please wait a little and try again.")
