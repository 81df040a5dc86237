"""Text messages to staff over SMPP."""

from __future__ import annotations

from huiyin.notices.sms.transport import SmsTransport
from huiyin.notices.transports import names


class SmppTransport(SmsTransport):
    code = names.SMS_SMPP
    gateway = "smpp"
