"""Problem details (RFC 9457): the one shape of every refusal on the API.

Domain errors are ``Problem`` subclasses already. What Django and django-ninja refuse by themselves
(paths, methods, bodies) is turned into the same shape here.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any

import ninja.errors
from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from ninja import NinjaAPI

from huiyin.directory.models import Staff
from huiyin.intake.events.fields import field_name
from huiyin.kernel.problems import Invalid, NotFound, Problem, TooMany

log = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"


class Malformed(Problem):
    code = "malformed"
    status = 400
    title = _("The request cannot be read.")


class NotSignedIn(Problem):
    code = "not-signed-in"
    status = 401
    title = _("A valid key or session is needed. Send it as “Authorization: Bearer …”.")


class MethodNotAllowed(Problem):
    code = "method-not-allowed"
    status = 405
    title = _("This address does not know this method.")


class TooLarge(Problem):
    code = "too-large"
    status = 413
    title = _("What you sent is too large.")


class UnsupportedMediaType(Problem):
    code = "unsupported-media-type"
    status = 415
    title = _("This address takes another kind of content.")


class Broken(Problem):
    code = "server-error"
    status = 500
    title = _("Something went wrong on our side. It has been recorded. Please try again later.")


def answer(problem: Problem) -> HttpResponse:
    """``problem`` as a response."""
    response = HttpResponse(
        json.dumps(problem.as_dict(), ensure_ascii=False, default=str),
        status=problem.status,
        content_type=MEDIA_TYPE,
    )
    if "retry_after" in problem.extra:
        response["Retry-After"] = str(problem.extra["retry_after"])
    if problem.status == NotSignedIn.status:
        response["WWW-Authenticate"] = "Bearer"
    return response


def refused_by_django(error: Exception) -> Problem:
    """The problem that stands for an exception of Django or django-ninja."""
    if isinstance(error.__cause__, Problem):
        return error.__cause__
    if isinstance(error, ninja.errors.ValidationError):
        return invalid(error.errors)
    if isinstance(error, ninja.errors.AuthenticationError):
        return NotSignedIn()
    if isinstance(error, Http404):
        return NotFound()
    if isinstance(error, RequestDataTooBig) or isinstance(error.__cause__, RequestDataTooBig):
        return TooLarge()
    if isinstance(error, (ninja.errors.HttpError, BadRequest, SuspiciousOperation)):
        return Malformed()
    if isinstance(error, (UnreadablePostError, MultiPartParserError)):
        return Malformed()
    # Never with the values at hand: they may be a citizen's.
    log.error("%s on the API", type(error).__name__, exc_info=error)
    return Broken()


def handle_all(api: NinjaAPI) -> None:
    """Let every exception of ``api`` become a problem."""

    def handle(request: HttpRequest, error: Exception | type[Exception]) -> HttpResponse:
        raised = error if isinstance(error, Exception) else error()
        if isinstance(raised, NotFound) and isinstance(
            asking := getattr(request, "auth", 0), Staff
        ):
            # By keys that name nobody, as on the desk.
            match = request.resolver_match
            log.warning(
                "staff %s asked for something outside their scope (%s)",
                asking.pk,
                match.url_name if match else "",
            )
        return answer(raised if isinstance(raised, Problem) else refused_by_django(raised))

    for kind in (
        Exception,
        Problem,
        Http404,
        ninja.errors.HttpError,
        ninja.errors.ValidationError,
        ninja.errors.AuthenticationError,
    ):
        api.add_exception_handler(kind, handle)


def guarded(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """``view`` whose refusals are problems and whose answers no cache keeps."""

    @wraps(view)
    def call(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        if response.status_code == MethodNotAllowed.status:
            allowed = response["Allow"]
            response = answer(MethodNotAllowed())
            response["Allow"] = allowed
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return call


def nothing_here(request: HttpRequest) -> HttpResponse:
    """Every address below the API that is none."""
    return answer(NotFound())


# What pydantic says, in our words; it also would repeat some values.
_REASONS: dict[str, str | Promise] = {
    "missing": _("Is required."),
    "extra_forbidden": _("There is no such field."),
    "string_type": _("Must be text."),
    "string_too_long": _("At most %(max_length)d characters."),
    "string_too_short": _("Must not be empty."),
    "string_pattern_mismatch": _("Does not have the expected form."),
    "string_unicode": _("Contains characters that cannot be stored."),
    "int_type": _("Must be a whole number."),
    "int_parsing": _("Must be a whole number."),
    "bool_type": _("Must be true or false."),
    "list_type": _("Must be a list."),
    "int_from_float": _("Must be a whole number."),
    "greater_than_equal": _("Must be at least %(ge)d."),
    "less_than_equal": _("Must be at most %(le)d."),
    "bool_parsing": _("Must be true or false."),
    "file": _("Must be a file."),
    "too_long": _("The list may have %(max_length)d entries at most."),
    "too_short": _("The list must not be empty."),
    "model_type": _("Must be an object."),
    "model_attributes_type": _("Must be an object."),
    "dict_type": _("Must be an object."),
    "literal_error": _("Choose one of the values offered."),
    "enum": _("Choose one of the values offered."),
    "date_type": _("Must be a day such as 2024-03-04."),
    "date_parsing": _("Must be a day such as 2024-03-04."),
    "date_from_datetime_parsing": _("Must be a day such as 2024-03-04."),
    "uuid_parsing": _("Must be a UUID."),
    "control_characters": _("Contains characters that cannot be stored."),
}
_OTHERWISE = _("Is not valid.")


def invalid(faults: Iterable[Mapping[str, Any]]) -> Invalid:
    """Every field at fault with a reason, the first one also as ``field``.

    A fault is pydantic's: where it lies (``loc``), its ``type``, and perhaps the ``ctx`` with the
    bound that was passed.
    """
    errors = [
        {"field": _field(fault["loc"]), "reason": _reason(fault["type"], fault.get("ctx", {}))}
        for fault in faults
    ]
    return Invalid(field=errors[0]["field"] if errors else None, errors=errors)


def _reason(kind: str, bounds: Mapping[str, Any]) -> str:
    words = str(_REASONS.get(kind, _OTHERWISE))
    return words % bounds if "%(" in words else words


def _field(place: tuple[Any, ...]) -> str:
    """The name of the input at fault: ``("body", "said", "tags", 0)`` is ``tags.0``."""
    source, *names = place
    if source == "body" and len(names) > 1:
        names = names[1:]
    elif source == "body":
        return "body"
    return ".".join(str(name) if isinstance(name, int) else field_name(name) for name in names)


# What any operation may answer, by what it takes; the document adds them to each.
ALWAYS: tuple[type[Problem], ...] = (Invalid, MethodNotAllowed, Broken)
WITH_BODY: tuple[type[Problem], ...] = (Malformed, TooLarge, UnsupportedMediaType)
WITH_KEY: tuple[type[Problem], ...] = (NotSignedIn, TooMany)
WITH_PARAMETER: tuple[type[Problem], ...] = (NotFound,)
