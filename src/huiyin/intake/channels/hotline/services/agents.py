"""What an agent does: take the next call, have it placed, and record what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from huiyin.directory.models import Staff
from huiyin.intake.channels.hotline import errors, ladder, queries
from huiyin.intake.channels.hotline.models import (
    NOBODY_SPOKE,
    Action,
    Call,
    ListedCall,
    Outcome,
)
from huiyin.intake.channels.hotline.services import giving, listing
from huiyin.kernel import clock
from huiyin.kernel.problems import Invalid, Problem
from huiyin.matters import services as matters
from huiyin.matters.kinds import Contact
from huiyin.notices import relay
from huiyin.notices.sms.phones import phone_of
from huiyin.reviews.giving import check
from huiyin.reviews.naming import unseal_for
from huiyin.reviews.queries import current_tags
from huiyin.reviews.receipts import Receipt

VIA = "hotline"
Verb, State, Purpose = Action.Verb, ListedCall.State, ListedCall.Purpose


@dataclass(frozen=True)
class Said:
    """What an agent records of a call. ``again_at``: when they want to be called again."""

    outcome: Outcome
    level: int | None = None
    tags: Sequence[str] = ()
    text: str = ""
    again_at: datetime | None = None


def take_next(*, staff: Staff) -> ListedCall | None:
    """The call that ``staff`` is making, or else the next one of the list, now theirs; None when
    there is none. Nobody else gets it."""
    listing.refresh()
    if mine := queries.taken_by(staff):
        return mine
    for candidate in queries.to_be_called(staff)[:20]:
        if _take(candidate, staff):
            return candidate
        if mine := queries.taken_by(staff):
            return mine  # taken in another window
    return None


def _take(listed: ListedCall, staff: Staff) -> bool:
    now = clock.now()
    try:
        with transaction.atomic():
            taken = ListedCall.objects.filter(pk=listed.pk, state=State.WAITING).update(
                state=State.TAKEN, agent=staff, taken_at=now
            )
            if taken:
                Action.objects.create(listed=listed, verb=Verb.TAKEN, staff=staff, at=now)
    except IntegrityError:
        return False  # they have one already
    return bool(taken)


@transaction.atomic
def put_back(*, listed: ListedCall, staff: Staff) -> None:
    """Leave the call to somebody else. Raises ``NotYourCall``; ``CallSettled`` once it was placed:
    then what came of it belongs on record."""
    row = _mine(listed, staff)
    if queries.running_call(row):
        raise errors.CallSettled(_("A call was placed. Record what came of it."))
    row.state, row.agent, row.taken_at = State.WAITING, None, None
    row.save(update_fields=["state", "agent", "taken_at"])
    Action.objects.create(listed=row, verb=Verb.RELEASED, staff=staff, at=clock.now())


def place(*, listed: ListedCall, staff: Staff) -> Call:
    """Let the relay connect ``staff`` with the citizen. The attempt is on record before the relay
    is asked. Raises ``NotYourCall``, ``RatedBefore``, ``WantsNoCalls``, ``CallSettled`` while an
    earlier call waits for its outcome, or ``RelayCannotCall``."""
    gateway = relay.current()
    with transaction.atomic():
        row = _mine(listed, staff)
        if queries.running_call(row):
            raise errors.CallSettled(_("A call was placed. Record what came of it."))
        still_wanted(row)
        call = new_call(row, Call.Way.AGENT, agent=staff)
    if not gateway.places_calls:
        # A call that only a log knows of must not become a record.
        _not_placed(call, staff, "no-gateway")
        raise errors.RelayCannotCall(_("No telephony provider is connected."))
    try:
        placed = gateway.place_call(
            call, staff, to=contact_of(row), key=call.pk.hex, own_number=phone_of(staff) or ""
        )
    except relay.NoOwnNumber as error:
        _not_placed(call, staff, "no-own-number")
        raise errors.RelayCannotCall(
            _("Your own telephone is not known. Ask an administrator to enter it.")
        ) from error
    except relay.RelayFailed as error:
        _not_placed(call, staff, "failed")
        raise errors.RelayCannotCall from error
    return was_placed(call, placed.reference, staff)


def new_call(listed: ListedCall, way: Call.Way, *, agent: Staff | None = None) -> Call:
    call = Call(listed=listed, way=way, event=listed.event, agent=agent, asked_at=clock.now())
    # As the relay will call it, so that a report that is quicker than its answer finds it.
    call.code = relay.reference_of(call.pk.hex)
    call.save(force_insert=True)
    return call


@transaction.atomic
def was_placed(call: Call, reference: str, staff: Staff | None) -> Call:
    now = clock.now()
    Call.objects.filter(pk=call.pk).update(placed_at=now, code=reference)
    call.refresh_from_db()
    if call.listed:
        Action.objects.create(listed=call.listed, verb=Verb.PLACED, staff=staff, at=now, call=call)
    return call


@transaction.atomic
def _not_placed(call: Call, staff: Staff | None, why: str) -> None:
    if call.listed is None:
        raise ValueError("an agent's call is of the list")
    Action.objects.create(
        listed=call.listed,
        verb=Verb.NOT_PLACED,
        staff=staff,
        at=clock.now(),
        call=call,
        detail=why,
    )


def record(*, listed: ListedCall, staff: Staff, said: Said) -> Receipt | None:
    """What came of the call that ``staff`` placed, for good; the receipt of a rating.

    Raises ``NotYourCall``, ``NoCallPlaced``, ``NobodyAnswered``, ``RatedBefore``, ``Invalid``, or
    what the reviews have against it. But for ``RatedBefore``, which ends the call as well, nothing
    was changed then.
    """
    with transaction.atomic():
        row = _mine(listed, staff)
        call = queries.running_call(row)
        if call is None:
            raise errors.NoCallPlaced
    return settle(call, row, said, staff)


def settle(call: Call, listed: ListedCall, said: Said, staff: Staff | None) -> Receipt | None:
    """Record ``said`` of a call that was placed; see ``record``."""
    check_said(call=call, listed=listed, said=said)
    receipt = None
    if said.outcome == Outcome.RATED and said.level is not None:
        review = giving.review_of(call, level=said.level, tags=said.tags, text=said.text)
        try:
            receipt = giving.give(call, review)
        except Problem as problem:
            if problem.code == "idempotency-key-reused":
                # Of this very call, then: sent again by other words after the answer was lost.
                _finish(call, listed, said, staff)
                raise errors.CallSettled from problem
            if problem.code in giving.NO_RIGHT:
                _finish(call, listed, said, staff, refusal=problem.code)
                raise errors.RatedBefore from problem
            raise
    _finish(call, listed, said, staff)
    if receipt is not None:
        giving.send_receipt(call, receipt)
    return receipt


def check_said(*, call: Call, listed: ListedCall, said: Said) -> None:
    """Whether ``said`` can be said of ``call`` at all, as the reviews will take it. Raises a
    ``Problem``."""
    if call.placed_at is None:
        raise errors.NoCallPlaced
    if call.outcome:
        raise errors.CallSettled
    rates, tells = said.outcome == Outcome.RATED, said.outcome == Outcome.TOLD
    wants = listed.purpose == Purpose.RATING
    if (rates and not wants) or (tells and wants):
        raise Invalid(_("Choose one of the values offered."), field="outcome")
    if rates and said.level is None:
        raise Invalid(_("Choose the level that was said."), field="level")
    if not rates and (said.level is not None or said.tags):
        raise Invalid(_("A level belongs to a rating alone."), field="outcome")
    if said.text and not (rates or tells):
        raise Invalid(_("Words belong to a rating alone."), field="text")
    if tells and not said.text.strip():
        raise Invalid(_("Write what was said."), field="text")
    if (rates or tells) and call.reported in NOBODY_SPOKE:
        raise errors.NobodyAnswered
    if said.again_at and said.again_at <= clock.now():
        raise Invalid(_("Choose a time to come."), field="again_at")
    if rates and said.level is not None:
        review = giving.review_of(call, level=said.level, tags=said.tags, text=said.text)
        check(review, {code: tag.level for code, tag in current_tags().items()})


@transaction.atomic
def _finish(
    call: Call, listed: ListedCall, said: Said, staff: Staff | None, *, refusal: str = ""
) -> None:
    row = ListedCall.objects.select_for_update(of=("self",)).get(pk=listed.pk)
    settled = Call.objects.filter(pk=call.pk, outcome="").update(
        outcome=said.outcome, refusal=refusal, ended_at=clock.now()
    )
    if not settled:
        raise errors.CallSettled
    if said.outcome == Outcome.TOLD and row.matter:
        matters.citizen_writes(matter=row.matter, text=said.text, via=VIA)
    if said.outcome == Outcome.OPT_OUT:
        ladder.opt_out(bytes(row.number_hash), staff=staff)
    listing.close(
        listed=row,
        outcome=said.outcome,
        call=call,
        staff=staff,
        again_at=said.again_at,
        detail=refusal,
    )


def contact_of(listed: ListedCall) -> Contact:
    """For the relay alone. Raises ``RelayCannotCall`` when no number is known any more."""
    mobile = unseal_for(queries.case_of(listed.event), "mobile")
    if not mobile:
        raise errors.RelayCannotCall(_("No number is known any more."))
    return Contact(mobile)


def _mine(listed: ListedCall, staff: Staff) -> ListedCall:
    row = (
        ListedCall.objects.select_for_update(of=("self",))
        .select_related("event__case", "matter")
        .get(pk=listed.pk)
    )
    if row.state != State.TAKEN or row.agent_id != staff.pk:
        raise errors.NotYourCall
    return row


def still_wanted(listed: ListedCall) -> None:
    """Nobody is rung about what they have said already, or against their wish, whoever rings:
    asked just before. Raises ``RatedBefore`` or ``WantsNoCalls``."""
    if listed.purpose == Purpose.RATING and queries.is_rated(listed):
        raise errors.RatedBefore
    if bytes(listed.number_hash) in ladder.opted_out({bytes(listed.number_hash)}):
        raise errors.WantsNoCalls
