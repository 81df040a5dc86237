"""Version 1: its routers in the order in which the document shows them."""

from __future__ import annotations

from ninja import NinjaAPI, Router

from huiyin.api.parsing import Renderer, StrictParser
from huiyin.api.problems import handle_all
from huiyin.api.v1 import (
    appeals,
    batches,
    devices,
    events,
    handling,
    matters,
    public,
    receipts,
    reviews,
    sessions,
    slices,
    steps,
    supervision,
    tags,
)

_ABOUT = """\
Closed-loop evaluation of public services.

Business systems push **events** with their key; citizens' apps give **reviews** under an invitation
token and follow them by the **receipt**; staff work on **matters** with the token of a session.
Every refusal is a problem document (RFC 9457) with a stable `code`, and changed nothing. Words come
in Chinese, or in English with `Accept-Language: en`; times are ISO 8601 with a zone.
"""

_ROUTERS: tuple[Router, ...] = (
    events.router,
    reviews.router,
    batches.router,
    devices.router,
    devices.waker_router,
    tags.router,
    receipts.router,
    appeals.citizen_router,
    sessions.router,
    matters.router,
    steps.router,
    appeals.router,
    handling.router,
    supervision.router,
    public.router,
    slices.router,
)

# No documentation page: those that come with the framework need scripts of other hosts. The
# document itself is served by ``openapi.py``.
api = NinjaAPI(
    title="Huiyin 回音",
    version="1",
    description=_ABOUT,
    parser=StrictParser(),
    renderer=Renderer(),
    docs_url=None,
    openapi_url=None,
    urls_namespace="api-v1",
)
handle_all(api)
for router in _ROUTERS:
    api.add_router("", router)
