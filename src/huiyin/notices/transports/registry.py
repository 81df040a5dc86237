"""The transports there are."""

from __future__ import annotations

from huiyin.notices.transports.base import LocalTransport, RemoteTransport
from huiyin.notices.transports.inbox.transport import InboxTransport
from huiyin.notices.transports.relay.transport import RelayTransport
from huiyin.notices.transports.webhook.transport import WebhookTransport

LOCAL: tuple[LocalTransport, ...] = (InboxTransport(),)
REMOTE: tuple[RemoteTransport, ...] = (WebhookTransport(), RelayTransport())
