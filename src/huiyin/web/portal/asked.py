"""Which place an address asks about."""

from __future__ import annotations

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from huiyin.directory.codes import is_uscc, twelve_digits
from huiyin.directory.models import Organisation, Region


def place(request: HttpRequest) -> Organisation | Region | None:
    """The organisation or the region that the query names; None when it names neither. One query.
    Raises ``Http404``."""
    if typed := request.GET.get("organisation", ""):
        found = Organisation.objects.select_related("region", "parent")
        return get_object_or_404(found, uscc=uscc(typed))
    if typed := request.GET.get("region", ""):
        return get_object_or_404(Region, code=region_code(typed))
    return None


def query_of(node: Organisation | Region | None) -> dict[str, str]:
    """The query that names ``node``."""
    if isinstance(node, Organisation):
        return {"organisation": node.uscc}
    return {"region": node.code} if node else {}


def region_code(typed: str) -> str:
    """The 12-digit code. What has not its shape never reaches the database, which may stumble
    over it. Raises ``Http404``."""
    code = twelve_digits(typed)
    if code is None:
        raise Http404
    return code


def uscc(typed: str) -> str:
    """A credit code in its shape. Raises ``Http404``."""
    if not is_uscc(typed):
        raise Http404
    return typed
