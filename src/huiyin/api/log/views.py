"""Serving the log's files, for whoever verifies it: any site's pages may read them, no cookie and
no language changes a byte.

Nothing here changes between two sealings, but for the cosignatures of witnesses and, after a
rotation, the signature of the new key, which say nothing of what waits.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags
from django.views.decorators.csrf import csrf_exempt

from huiyin.api.auth import address_of
from huiyin.api.problems import MethodNotAllowed, answer
from huiyin.kernel.addresses import block_of
from huiyin.kernel.problems import Invalid, NotFound, Problem
from huiyin.kernel.throttle import Throttle
from huiyin.log import checkpoints, files, witnesses
from huiyin.log import keys as log_keys
from huiyin.log.tiles import Tile

View = Callable[..., HttpResponse]

_READING = ("GET", "HEAD")
_FOR_EVER = "public, max-age=31536000, immutable"
_FOR_A_MOMENT = "public, max-age=3"
_LONGEST_BODY = 32 * 1024
# For those who bring cosignatures: verifying one costs more than sending it.
strangers = Throttle(burst=60, per_minute=60, name="cosignatures")


def readable(view: View, methods: tuple[str, ...] = _READING) -> View:
    """``view`` for everybody and every page of the web; its refusals are problems."""

    @wraps(view)
    def call(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            if request.method not in methods:
                raise MethodNotAllowed
            response = view(request, *args, **kwargs)
        except Problem as problem:
            response = answer(problem)
            if isinstance(problem, MethodNotAllowed):
                response["Allow"] = ", ".join(methods)
        response.headers.setdefault("Cache-Control", "no-store")
        if request.method in _READING:
            response["Access-Control-Allow-Origin"] = "*"
            response["Cross-Origin-Resource-Policy"] = "cross-origin"
        return response

    return call


@readable
def checkpoint(request: HttpRequest) -> HttpResponse:
    try:
        contents = files.checkpoint_path().read_bytes()
    except FileNotFoundError as error:
        raise NotFound from error
    return _current(request, contents, "text/plain; charset=utf-8")


@readable
def tile(request: HttpRequest, tile: Tile) -> HttpResponse:
    contents = files.read_tile(tile)
    if contents is None:
        raise NotFound
    response = HttpResponse(contents, content_type="application/octet-stream")
    if tile.level is None:
        # Entries shrink to a fifth; hashes do not.
        patch_vary_headers(response, ["Accept-Encoding"])
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            response.content = gzip.compress(contents, mtime=0)
            response["Content-Encoding"] = "gzip"
    response["Cache-Control"] = _FOR_EVER
    return response


@readable
def keys(request: HttpRequest) -> HttpResponse:
    contents = json.dumps(log_keys.published(), ensure_ascii=False, indent=1).encode()
    return _current(request, contents, "application/json")


@readable
def find(request: HttpRequest, leaf_hash: bytes) -> HttpResponse:
    """The place of a sealed entry; one that waits is answered like one that there is not."""
    index = checkpoints.index_of(leaf_hash)
    if index is None:
        raise NotFound
    response = HttpResponse(json.dumps({"index": index}), content_type="application/json")
    response["Cache-Control"] = _FOR_EVER
    return response


def _cosignatures(request: HttpRequest) -> HttpResponse:
    block = block_of(address_of(request))
    strangers.check(block)
    strangers.spend(block)
    try:
        text = request.body.decode() if len(request.body) <= _LONGEST_BODY else ""
    except UnicodeDecodeError as error:
        raise Invalid from error
    accepted = witnesses.accept(text)
    return HttpResponse(json.dumps({"accepted": accepted}), content_type="application/json")


# Nothing here takes a cookie for an answer, so there is nothing to forge.
cosignatures = csrf_exempt(readable(_cosignatures, methods=("POST",)))


def _current(request: HttpRequest, contents: bytes, kind: str) -> HttpResponse:
    """``contents`` with a validator that follows from them alone."""
    etag = f'"{hashlib.sha256(contents).hexdigest()[:32]}"'
    asked = parse_etags(request.headers.get("If-None-Match", ""))
    response: HttpResponse
    if etag in {one.removeprefix("W/") for one in asked}:
        response = HttpResponseNotModified()
    else:
        response = HttpResponse(contents, content_type=kind)
    response["ETag"] = etag
    response["Cache-Control"] = _FOR_A_MOMENT
    return response
