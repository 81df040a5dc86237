"""Calls that no agent makes: by keys, placed by the telephony platform, and for a call centre."""

from __future__ import annotations

import json
import logging
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from huiyin.intake.channels.hotline import errors, ladder
from huiyin.intake.channels.hotline.dialogue import State
from huiyin.intake.channels.hotline.models import Action, Call, ListedCall, Outcome
from huiyin.intake.channels.hotline.services import agents, hearing, listing
from huiyin.kernel import clock
from huiyin.kernel.problems import Problem
from huiyin.notices import relay
from huiyin.notices.transports import exchange
from huiyin.notices.transports.webhook import signing

log = logging.getLogger(__name__)

CALLBACK = "/gateways/ivr"
_TAKEN = (200, 201, 202)
_SECONDS = 10.0
_AT_ONCE = 20
# A caller who confirmed, and of whom nothing is heard since: the platform is gone.
_SILENT_FOR = timedelta(minutes=3)
# A call by keys that was asked for, and of whose end nothing was heard.
_LOST_AFTER = timedelta(hours=1)


def tend() -> bool:
    """One round beside the pages: give what was confirmed and forgotten, then dial. Whether there
    may be more to do."""
    _finish_forgotten()
    return dial_due() == _AT_ONCE


def dial_due(limit: int = _AT_ONCE) -> int:
    """Have the platform place the calls by keys that are due, in the hours in which citizens may be
    rung; how many it took over."""
    if not settings.HUIYIN_IVR_URL or not may_ring() or ladder.is_stopped():
        return 0
    listing.refresh()
    now = clock.now()
    due = ListedCall.objects.filter(
        state=ListedCall.State.WAITING,
        purpose=ListedCall.Purpose.RATING,
        tries=0,
        not_before__lte=now,
        expires_at__gt=now,
    )
    taken = 0
    for listed in due.select_related("event__case").order_by("not_before", "pk")[:limit]:
        try:
            taken += _dial(listed)
        except exchange.NoAnswer as error:
            log.warning("the IVR platform does not take calls: %s", error)
            break
    return taken


def may_ring() -> bool:
    """Whether this is an hour in which a machine may ring citizens."""
    hour = clock.local(clock.now()).hour
    return settings.HUIYIN_HOTLINE_FROM <= hour < settings.HUIYIN_HOTLINE_UNTIL


def _dial(listed: ListedCall) -> bool:
    """Ask for one call. Raises ``NoAnswer`` when the platform cannot be reached; then the call
    waits as before."""
    try:
        # The list was cleared before the first of these calls; each may take seconds.
        agents.still_wanted(listed)
    except Problem:
        return False
    with transaction.atomic():
        mine = ListedCall.objects.filter(pk=listed.pk, state=ListedCall.State.WAITING).update(
            state=ListedCall.State.TAKEN, taken_at=clock.now()
        )
        if not mine:
            return False
        call = agents.new_call(listed, Call.Way.IVR)
        call.state = State.ASKED
        call.save(update_fields=["state"])
    try:
        contact = agents.contact_of(listed)
        body = json.dumps(
            {
                "type": "ivr.call_requested",
                "timestamp": clock.machine_now().isoformat(),
                "data": {
                    "call": call.code,
                    "citizen": contact.mobile,
                    "language": contact.language,
                    "callback_url": settings.HUIYIN_BASE_URL + CALLBACK,
                },
            },
            separators=(",", ":"),
        ).encode()
        headers = {
            "content-type": "application/json",
            **signing.headers(
                secret=settings.HUIYIN_IVR_SECRET,
                key=call.code,
                at=clock.machine_now(),
                body=body,
            ),
        }
        target = exchange.resolve(settings.HUIYIN_IVR_URL)
        answer = exchange.post(
            settings.HUIYIN_IVR_URL, target, body=body, headers=headers, seconds=_SECONDS
        )
        if answer.status not in _TAKEN:
            raise exchange.NoAnswer(f"answered {answer.status}")
    except (exchange.NoAnswer, Problem) as error:
        _put_back(listed, call)
        if isinstance(error, Problem):
            return False
        raise
    agents.was_placed(call, call.code, None)
    return True


@transaction.atomic
def _put_back(listed: ListedCall, call: Call) -> None:
    Call.objects.filter(pk=call.pk).update(state=State.NOTHING, ended_at=clock.now())
    ListedCall.objects.filter(pk=listed.pk, state=ListedCall.State.TAKEN).update(
        state=ListedCall.State.WAITING, taken_at=None
    )
    Action.objects.create(
        listed=listed, verb=Action.Verb.NOT_PLACED, at=clock.now(), call=call, detail="ivr"
    )


def place_for_centre(*, code: str, line: str) -> Call:
    """Connect the telephone ``line`` of a call centre with the citizen of a listed call.

    Raises ``CallUnknown``, ``RatedBefore``, ``WantsNoCalls``, ``CallSettled`` or
    ``RelayCannotCall``.
    """
    gateway = relay.current()
    with transaction.atomic():
        listed = (
            ListedCall.objects.select_for_update(of=("self",))
            .select_related("event__case")
            .filter(code=code, actions__verb=Action.Verb.EXPORTED)
            .first()
        )
        if listed is None:
            raise errors.CallUnknown
        if listed.state != ListedCall.State.WAITING or listed.expires_at <= clock.now():
            raise errors.CallSettled
        agents.still_wanted(listed)
        call = agents.new_call(listed, Call.Way.CENTRE)
    if not gateway.places_calls:
        raise errors.RelayCannotCall
    try:
        placed = gateway.place_call(
            call, None, to=agents.contact_of(listed), key=call.pk.hex, own_number=line
        )
    except relay.RelayFailed as error:
        raise errors.RelayCannotCall from error
    return agents.was_placed(call, placed.reference, None)


def _finish_forgotten() -> None:
    """Confirmed is given, whatever became of the platform; what was only asked for is tried again
    by a person."""
    now = clock.now()
    silent = Q(heard_at__lt=now - _SILENT_FOR)
    for call in Call.objects.filter(silent, state__in=[State.REASONS, State.GIVING])[:_AT_ONCE]:
        if _end_reasons(call):
            try:
                hearing.give_confirmed(call)
            except Problem as problem:
                log.warning("call %s could not be given yet: %s", call.code, problem.code)
    lost = Call.objects.filter(
        way=Call.Way.IVR,
        listed__state=ListedCall.State.TAKEN,
        placed_at__lt=now - _LOST_AFTER,
        outcome="",
    ).exclude(state__in=[State.REASONS, State.GIVING])
    for call in lost.select_related("listed")[:_AT_ONCE]:
        _give_up(call)


@transaction.atomic
def _end_reasons(call: Call) -> bool:
    row = Call.objects.select_for_update().get(pk=call.pk)
    if row.state == State.REASONS:
        row.state, row.ended_at = State.GIVING, clock.now()
        row.save(update_fields=["state", "ended_at"])
    call.state = row.state
    return row.state == State.GIVING


@transaction.atomic
def _give_up(call: Call) -> None:
    done = Call.objects.filter(pk=call.pk, outcome="").update(
        outcome=Outcome.NOT_REACHED, state=State.NOTHING, ended_at=clock.now()
    )
    if done and call.listed:
        listing.close(listed=call.listed, outcome=Outcome.NOT_REACHED, call=call)
