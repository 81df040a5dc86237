"""The body of a webhook: a CloudEvent 1.0 in its structured JSON form."""

from __future__ import annotations

import json

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder

from huiyin.notices.models import Outbox

CONTENT_TYPE = "application/cloudevents+json"
# Types of events are named from a domain backwards, so that no other system's are the same.
_OURS = "cn.huiyin."


def body(notice: Outbox) -> bytes:
    """The event that ``notice`` tells of; the same bytes at every try."""
    said = notice.payload
    event = {
        "specversion": "1.0",
        # Unique together with the source, and the same when it is sent again.
        "id": notice.delivery_key,
        "source": settings.HUIYIN_BASE_URL,
        "type": _OURS + said["type"],
        "subject": said["data"]["matter"],
        "time": said["timestamp"],
        "datacontenttype": "application/json",
        "data": said["data"],
    }
    return json.dumps(
        event, cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":")
    ).encode()
