"""Text messages to staff over a provider's HTTP interface."""

from __future__ import annotations

from huiyin.notices.sms.transport import SmsTransport
from huiyin.notices.transports import names


class HttpTransport(SmsTransport):
    code = names.SMS_HTTP
    gateway = "http"
