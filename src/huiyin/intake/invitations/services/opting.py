"""Who wants no invitations."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from huiyin.directory.models import Staff
from huiyin.intake.invitations.models import OptOut
from huiyin.kernel import clock

Via = OptOut.Via


def opt_out(number_hash: bytes | memoryview, via: str, *, by: Staff | None = None) -> bool:
    """From now on nobody asks anything of this number unasked; whether that is new.

    ``number_hash`` is ``notices.sms.numbers.hash_of`` of the number in its normal form. Messages
    about the citizen's own matter go on: those end with the matter's ``end_contact``.
    """
    number_hash = bytes(number_hash)
    if not number_hash:
        return False
    try:
        with transaction.atomic():
            OptOut.objects.create(number_hash=number_hash, at=clock.now(), via=via, by=by)
    except IntegrityError:
        return False  # said before
    return True


def opt_in(number_hash: bytes, via: str) -> bool:
    """Take back an opt-out; whether there was one."""
    taken_back = OptOut.objects.filter(number_hash=number_hash, back_at__isnull=True).update(
        back_at=clock.now(), back_via=via
    )
    return taken_back > 0
