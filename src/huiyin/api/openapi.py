"""The OpenAPI document: what django-ninja derives from the code, and the refusals beside it."""

from __future__ import annotations

import json
from functools import cache
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.views.decorators.http import require_safe

from huiyin.api import problems
from huiyin.kernel.problems import Problem

_RAISES = "x-raises"
# A refusal, as every operation may answer it.
PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "A refusal (RFC 9457). Nothing was changed.",
    "required": ["type", "title", "status", "code"],
    "properties": {
        "type": {"type": "string", "description": "urn:huiyin:problem: and the code"},
        "title": {"type": "string", "description": "a sentence in the language asked for"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "stable; tell refusals apart by it"},
        "detail": {"type": "string", "description": "what is wrong, or what to do about it"},
        "field": {
            "type": "string",
            "description": "the input at fault; “(unknown field)” when its name looks like none",
        },
        "errors": {
            "type": "array",
            "description": "every input at fault, when there may be several",
            "items": {
                "type": "object",
                "required": ["field", "reason"],
                "properties": {"field": {"type": "string"}, "reason": {"type": "string"}},
            },
        },
        "retry_after": {"type": "integer", "description": "with 429 and 503: seconds to wait"},
        "limit_bytes": {"type": "integer", "description": "with 413: what the address takes"},
    },
}


def raises(*kinds: type[Problem]) -> dict[str, Any]:
    """For ``openapi_extra``: the refusals of an operation besides those every one has."""
    return {_RAISES: list(kinds)}


def document() -> dict[str, Any]:
    """The document in English, with all refusals and their examples."""
    from huiyin.api.v1.api import api

    with translation.override("en"):
        made: dict[str, Any] = dict(api.get_openapi_schema(path_prefix="/api/v1/"))
        for path, operations in made["paths"].items():
            for operation in operations.values():
                _add_refusals(operation, has_parameter="{" in path)
                for parameter in operation["parameters"]:
                    _without_null(parameter["schema"])
    made["components"]["schemas"]["Problem"] = PROBLEM
    made["servers"] = [{"url": settings.HUIYIN_BASE_URL}]
    return made


@cache
def _rendered() -> str:
    return json.dumps(document(), ensure_ascii=False, indent=1)


@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    """``/api/v1/openapi.json``."""
    response = HttpResponse(_rendered(), content_type="application/json")
    response["Cache-Control"] = "public, max-age=300"
    return response


def _without_null(schema: dict[str, Any]) -> None:
    """An address cannot carry null: a parameter that is not sent is absent."""
    choices = [choice for choice in schema.get("anyOf", ()) if choice != {"type": "null"}]
    if len(choices) == 1:
        del schema["anyOf"]
        schema |= choices[0]


def _add_refusals(operation: dict[str, Any], *, has_parameter: bool) -> None:
    kinds = list(problems.ALWAYS)
    if "requestBody" in operation:
        kinds += problems.WITH_BODY
    if "security" in operation:
        kinds += problems.WITH_KEY
    if has_parameter:
        kinds += problems.WITH_PARAMETER
    kinds += operation.pop(_RAISES, ())
    by_status: dict[int, dict[str, type[Problem]]] = {}
    for kind in kinds:
        by_status.setdefault(kind.status, {})[kind.code] = kind
    for status, group in sorted(by_status.items()):
        response = operation["responses"].setdefault(
            status, {"description": HTTPStatus(status).phrase}
        )
        if status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
            response["headers"] = {
                "Retry-After": {"schema": {"type": "integer"}, "description": "seconds to wait"}
            }
        if status == HTTPStatus.METHOD_NOT_ALLOWED:
            response["headers"] = {
                "Allow": {"schema": {"type": "string"}, "description": "the methods it knows"}
            }
        response.setdefault("content", {})[problems.MEDIA_TYPE] = {
            "schema": {"$ref": "#/components/schemas/Problem"},
            "examples": {code: {"value": kind().as_dict()} for code, kind in sorted(group.items())},
        }
