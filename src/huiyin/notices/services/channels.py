"""How staff are told away from the desk: administrators give addresses, each person the order."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from huiyin.directory.models import Staff
from huiyin.kernel.problems import Invalid
from huiyin.notices import channels
from huiyin.notices.models import Channel
from huiyin.notices.transports import names

log = logging.getLogger(__name__)

LONGEST_WAIT_MINUTES = 7 * 24 * 60
_LONGEST_ADDRESS = 254
_MOBILE = re.compile(r"1[3-9]\d{9}")
_ACCOUNT = re.compile(r"[\w.@-]{1,100}")


@dataclass(frozen=True)
class Choice:
    """What somebody wants of one of their channels."""

    transport: str
    position: int
    wait_minutes: int
    active: bool


@transaction.atomic
def give_address(*, staff: Staff, transport: str, address: str, by: Staff) -> Channel:
    """Let ``staff`` be told at ``address`` by ``transport``; an empty address ends it.

    Addresses are given by administrators, who know whose they are: a typing error here would tell
    a stranger. Raises ``Invalid``.
    """
    address = address.strip()
    if address:
        check_address(transport, address)
    channel, _made = Channel.objects.get_or_create(staff=staff, transport=transport)
    channel.address_sealed = channels.sealed(channel, address)
    channel.save(update_fields=["address_sealed"])
    verb = "given" if address else "taken away"
    log.info("%s of %s was %s by %s", transport, staff.username, verb, by.username)
    return channel


@transaction.atomic
def arrange(*, staff: Staff, choices: Sequence[Choice]) -> None:
    """Put the channels of ``staff`` in the order they want; those not named stay as they are.

    Raises ``Invalid``.
    """
    theirs = {
        channel.transport: channel
        for channel in Channel.objects.select_for_update().filter(staff=staff)
    }
    changed = []
    for choice in choices:
        channel = theirs.get(choice.transport)
        if channel is None or not channel.address_sealed:
            raise Invalid(_("An administrator has to enter your address first."), field="channel")
        if not 1 <= choice.wait_minutes <= LONGEST_WAIT_MINUTES:
            raise Invalid(_("Wait between 1 minute and 7 days."), field="wait_minutes")
        if not 1 <= choice.position <= 99:
            raise Invalid(_("The order is a number from 1 to 99."), field="position")
        channel.position, channel.wait_minutes = choice.position, choice.wait_minutes
        channel.active = choice.active
        changed.append(channel)
    Channel.objects.bulk_update(changed, ["position", "wait_minutes", "active"])


def check_address(transport: str, address: str) -> None:
    """Raises ``Invalid`` unless ``address`` can be one of ``transport``."""
    if transport not in names.TO_STAFF:
        raise Invalid(_("There is no such way to tell somebody."), field="transport")
    if len(address) > _LONGEST_ADDRESS:
        raise Invalid(_("This address is too long."), field="address")
    if transport == names.EMAIL:
        try:
            validate_email(address)
        except ValidationError as error:
            raise Invalid(_("This is not an e-mail address."), field="address") from error
    elif transport in {names.SMS_SMPP, names.SMS_HTTP}:
        if not _MOBILE.fullmatch(address):
            raise Invalid(_("This is not a mobile number."), field="address")
    elif not _ACCOUNT.fullmatch(address):
        raise Invalid(_("This is not an account."), field="address")
