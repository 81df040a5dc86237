"""Dead letters: what could not be delivered, or found nobody on duty, is sent again."""

from __future__ import annotations

import logging

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from huiyin.directory.models import Staff
from huiyin.kernel import clock, wakeup
from huiyin.matters.table import Party
from huiyin.notices.errors import NobodyOnDuty, NotDead
from huiyin.notices.models import Outbox
from huiyin.notices.recipients import Recipient, staff_for
from huiyin.notices.services.announcing import OUTBOX, to_staff
from huiyin.notices.transports import names

log = logging.getLogger(__name__)


@transaction.atomic
def replay_dead_letter(*, outbox: Outbox, by: Staff) -> None:
    """Send a dead letter again, under its old key and with all its tries.

    One that had no recipient goes to whoever is on duty now. Raises ``NotDead``, ``NobodyOnDuty``.
    """
    letters = Outbox.objects.select_related("step", "matter__organisation__region")
    letter = letters.select_for_update(of=("self",)).get(pk=outbox.pk)
    if letter.state != Outbox.State.DEAD:
        raise NotDead
    if letter.transport == names.INBOX and letter.staff_id is None:
        _address(letter)
    letter.state, letter.next_attempt_at = Outbox.State.WAITING, clock.now()
    letter.tries_left = settings.HUIYIN_NOTICE_TRIES
    letter.save()
    log.warning("dead letter %s sent again by %s", letter.delivery_key, by.username)
    wakeup.ring(OUTBOX)


def replay_dead_letters(*, letters: QuerySet[Outbox], by: Staff) -> tuple[int, int]:
    """Send all of ``letters`` that are dead letters again; how many will be sent, and for how many
    still nobody is on duty."""
    with transaction.atomic():
        dead = letters.filter(state=Outbox.State.DEAD)
        keys = [
            letter.pk
            for letter in dead.select_for_update(of=("self",))
            if letter.transport != names.INBOX or letter.staff_id
        ]
        Outbox.objects.filter(pk__in=keys).update(
            state=Outbox.State.WAITING,
            next_attempt_at=clock.now(),
            tries_left=settings.HUIYIN_NOTICE_TRIES,
        )
        wakeup.ring(OUTBOX)
    log.warning("%d dead letters sent again by %s", len(keys), by.username)
    sent, left = len(keys), 0
    # Those without a recipient need one, which is looked for matter by matter.
    for letter in list(letters.filter(state=Outbox.State.DEAD)):
        try:
            replay_dead_letter(outbox=letter, by=by)
            sent += 1
        except NobodyOnDuty:
            left += 1
    return sent, left


def _address(letter: Outbox) -> None:
    """Give a letter without recipient to the first who is on duty, and write one to the others."""
    if letter.matter is None:
        raise NobodyOnDuty
    people, _nobody = staff_for([Party(letter.audience)], letter.matter.organisation)
    alike = Outbox.objects.filter(
        matter=letter.matter, event=letter.event, created_at=letter.created_at
    )
    told = set(alike.filter(staff__isnull=False).values_list("staff", flat=True))
    notices = [_to(person, letter) for person in people if person.staff_id not in told]
    if not notices:
        raise NobodyOnDuty
    now = clock.now()
    first, *others = notices
    letter.staff_id, letter.payload = first.staff_id, first.payload
    letter.delivery_key, letter.next_channel_at = first.delivery_key, now
    for notice in others:
        notice.created_at = notice.next_attempt_at = notice.next_channel_at = now
    Outbox.objects.bulk_create(others)


def _to(person: Recipient, letter: Outbox) -> Outbox:
    """The notice that ``letter`` would have been had ``person`` been on duty."""
    if letter.step is not None:
        return to_staff(letter.step, person)
    reason = letter.delivery_key.removesuffix(letter.audience)
    return Outbox(
        matter=letter.matter,
        event=letter.event,
        audience=person.audience,
        transport=letter.transport,
        staff_id=person.staff_id,
        payload={**letter.payload, "stands_in": person.stands_in},
        delivery_key=f"{reason}{person.staff_id.hex}",
        accepted_at=letter.accepted_at,
        tries_left=settings.HUIYIN_NOTICE_TRIES,
    )
