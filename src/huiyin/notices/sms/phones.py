"""The telephones of staff: the numbers of their text message channels."""

from __future__ import annotations

from huiyin.directory.models import Staff
from huiyin.notices.channels import unsealed
from huiyin.notices.models import Channel
from huiyin.notices.sms import numbers
from huiyin.notices.transports import names


def phone_of(staff: Staff) -> str | None:
    """The number at which ``staff`` can be rung, in its normal form; None when none is known."""
    channels = Channel.objects.filter(
        staff=staff, transport__in=(names.SMS_SMPP, names.SMS_HTTP), active=True
    )
    given = (unsealed(channel) for channel in channels)
    return next((number for text in given if text and (number := numbers.normal(text))), None)
