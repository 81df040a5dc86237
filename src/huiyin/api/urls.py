"""The addresses of the API. Whatever is none of them answers a problem, too."""

from __future__ import annotations

from django.urls import URLPattern, path, re_path
from django.views.decorators.csrf import csrf_exempt

from huiyin.api.openapi import openapi
from huiyin.api.problems import guarded, nothing_here
from huiyin.api.v1.api import api

_found, _app_name, _namespace = api.urls
_patterns = [
    pattern
    for pattern in _found
    # The framework's own root only says that there is nothing.
    if isinstance(pattern, URLPattern) and pattern.name != "api-root"
]
for pattern in _patterns:
    pattern.callback = guarded(pattern.callback)

urlpatterns = [
    path("v1/openapi.json", csrf_exempt(guarded(openapi))),
    path("v1/", (_patterns, _app_name, _namespace)),
    # Nothing here takes a cookie for an answer, so there is nothing to forge.
    re_path("", csrf_exempt(guarded(nothing_here))),
]
