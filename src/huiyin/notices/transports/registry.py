"""The transports there are."""

from __future__ import annotations

from huiyin.notices.transports.base import LocalTransport, RemoteTransport
from huiyin.notices.transports.dingtalk_robot.transport import RobotTransport
from huiyin.notices.transports.email.transport import EmailTransport
from huiyin.notices.transports.inbox.transport import InboxTransport
from huiyin.notices.transports.relay.transport import RelayTransport
from huiyin.notices.transports.sms_http.transport import HttpTransport
from huiyin.notices.transports.sms_smpp.transport import SmppTransport
from huiyin.notices.transports.webhook.transport import WebhookTransport
from huiyin.notices.transports.zwding.transport import ZwdingTransport

LOCAL: tuple[LocalTransport, ...] = (InboxTransport(),)
REMOTE: tuple[RemoteTransport, ...] = (
    WebhookTransport(),
    RelayTransport(),
    ZwdingTransport(),
    RobotTransport(),
    SmppTransport(),
    HttpTransport(),
    EmailTransport(),
)
