"""What the telephony platform tells of a call by keys, in the order in which it happened.

A message that comes again changes nothing, one that comes too early waits for those before it.
What a confirmed call says is given to the lane outside of any transaction, see ``giving``; a
process that dies in between leaves a call that ``tend`` finds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import translation

from huiyin.intake.channels.hotline import dialogue, errors, ladder, prompts, queries
from huiyin.intake.channels.hotline.dialogue import MOST_OPTIONS, State, Talk
from huiyin.intake.channels.hotline.models import Call, Heard, ListedCall, Outcome
from huiyin.intake.channels.hotline.services import giving, listing
from huiyin.kernel import clock
from huiyin.kernel.problems import Problem
from huiyin.notices import relay
from huiyin.reviews.models import Review, ServiceEvent
from huiyin.reviews.queries import current_tags, label, matter_of
from huiyin.reviews.tokens import FIRST

Kind = Heard.Kind
# A conversation has far fewer messages; so far ahead one may come.
LAST_SEQUENCE, _AHEAD = 500, 20
_MENU = 8


@dataclass(frozen=True)
class Message:
    """What the platform tells: the so-many-th message of its call."""

    sequence: int
    kind: Heard.Kind
    key: str = ""


@transaction.atomic
def started(*, incoming_id: str, number_hash: bytes | None, language: str = "zh-hans") -> Call:
    """The call that came in under the platform's own name for it, made at the first message.

    Whoever rings is known by the keyed hash of the number alone; a number that is withheld, or to
    which no service belongs, is told so.
    """
    if found := Call.objects.select_for_update().filter(incoming_id=incoming_id).first():
        if number_hash and found.number_hash is None and found.heard == 0:
            # A later message overtook the first one, which alone says who rings.
            found.number_hash, found.language = number_hash, language
            found.options = [str(event.pk) for event in _open_services(number_hash)]
            found.save(update_fields=["number_hash", "language", "options"])
        return found
    options = _open_services(number_hash) if number_hash else []
    call = Call(
        way=Call.Way.IVR,
        incoming_id=incoming_id,
        number_hash=number_hash,
        asked_at=clock.now(),
        placed_at=clock.now(),
        language=language,
        state=State.ASKED,
        options=[str(event.pk) for event in options],
    )
    call.code = relay.reference_of(call.pk.hex)
    try:
        with transaction.atomic():
            call.save(force_insert=True)
    except IntegrityError:
        return Call.objects.get(incoming_id=incoming_id)
    return call


@transaction.atomic
def try_out(*, event: ServiceEvent | None, language: str = "zh-hans") -> Call:
    """A call of the simulator; without an ``event`` a trial of which nothing is stored."""
    call = Call(
        way=Call.Way.IVR,
        event=event,
        trial=event is None,
        asked_at=clock.now(),
        placed_at=clock.now(),
        language=language,
        state=State.ASKED,
    )
    call.code = relay.reference_of(call.pk.hex)
    call.save(force_insert=True)
    return call


def hear(*, call: Call, message: Message) -> tuple[Call, prompts.Instruction]:
    """Take in ``message`` and say what follows. Raises ``OutOfRange``, or ``Busy`` and
    ``Unavailable`` of the lane: the same message is then to be sent again."""
    now_at = _take_in(call, message)
    if now_at.state == State.GIVING:
        now_at = give_confirmed(now_at)
    return now_at, instruction_of(now_at)


@transaction.atomic
def _take_in(call: Call, message: Message) -> Call:
    row = Call.objects.select_for_update().get(pk=call.pk)
    if not 1 <= message.sequence <= min(LAST_SEQUENCE, row.heard + _AHEAD):
        raise errors.OutOfRange(expected=row.heard + 1)
    now = clock.now()
    Heard.objects.bulk_create(
        [Heard(call=row, sequence=message.sequence, kind=message.kind, key=message.key, at=now)],
        ignore_conflicts=True,
    )
    waiting = list(Heard.objects.filter(call=row, sequence__gt=row.heard))
    for heard in waiting:
        if heard.sequence != row.heard + 1:
            break
        _follow(row, heard, now)
        row.heard = heard.sequence
        row.heard_at = now
    row.save()
    if row.ended_at and row.outcome and row.listed_id:
        _close_listed(row)
    return row


def _follow(call: Call, heard: Heard, now: datetime) -> None:
    """One message after the other, through the table."""
    if call.state in dialogue.ENDS or call.state == State.GIVING:
        if heard.kind == Kind.HUNG_UP:
            call.ended_at = call.ended_at or now
        return
    talk, menu = talk_of(call), reasons_menu(call)
    match heard.kind:
        case Kind.STARTED:
            talk = _begin(call, talk)
        case Kind.DIGIT:
            talk = dialogue.pressed(talk, heard.key, menu)
        case Kind.SILENCE:
            talk = dialogue.silent(talk)
        case Kind.HUNG_UP:
            talk = dialogue.hung_up(talk)
            call.ended_at = now
    _write(call, talk)
    wants_no_more = call.state == State.OPTED_OUT and not call.trial
    if wants_no_more and (number_hash := call.number_hash or _hash_of_event(call)):
        ladder.opt_out(bytes(number_hash), staff=None)
    if call.state in dialogue.ENDS:
        call.outcome = _outcome(call, was_asked=heard.kind != Kind.HUNG_UP)
        call.ended_at = call.ended_at or now


def _begin(call: Call, talk: Talk) -> Talk:
    """The platform has somebody on the line."""
    if talk.state != State.ASKED:
        return talk
    if call.event_id or call.trial:
        return _replace(talk, State.LEVEL)
    if not talk.options:
        return _replace(talk, State.NO_INVITATION)
    if len(talk.options) == 1:
        call.event_id = UUID(talk.options[0])
        call.listed = queries.by_event([call.event_id]).get(call.event_id)
        return _replace(talk, State.LEVEL)
    return _replace(talk, State.WHICH)


def _replace(talk: Talk, state: State) -> Talk:
    return Talk(state, language=talk.language, options=talk.options)


def _write(call: Call, talk: Talk) -> None:
    call.state, call.language, call.missed = talk.state, talk.language, talk.missed
    call.level, call.tags, call.call_back = talk.level, list(talk.reasons), talk.call_back
    if talk.service and call.event_id is None:
        call.event_id = UUID(talk.service)
        call.listed = queries.by_event([call.event_id]).get(call.event_id)


def _outcome(call: Call, *, was_asked: bool) -> Outcome:
    if call.state == State.OPTED_OUT:
        return Outcome.OPT_OUT
    if call.state in {State.STORED, State.NOT_TAKEN}:
        return Outcome.RATED
    # Who was on the line and pressed nothing, or hung up, may be asked again by a person.
    return Outcome.NOT_REACHED


def give_confirmed(call: Call) -> Call:
    """Give the lane what the caller confirmed; the call as it stands then. Never within a
    transaction."""
    if call.trial:
        return _settle(call, State.STORED, "")[0]
    review = giving.review_of(call, level=call.level or 0, tags=call.tags)
    try:
        receipt = giving.give(call, review)
    except Problem as problem:
        if problem.code in giving.NO_RIGHT or problem.code == "idempotency-key-reused":
            return _settle(call, State.NOT_TAKEN, problem.code)[0]
        raise
    settled, is_news = _settle(call, State.STORED, "")
    if is_news:
        giving.send_receipt(settled, receipt)
    return settled


@transaction.atomic
def _settle(call: Call, state: State, refusal: str) -> tuple[Call, bool]:
    """The call as it stands now, and whether it was settled here: another message, or another
    process, may have been faster."""
    row = Call.objects.select_for_update(of=("self",)).select_related("event__case").get(pk=call.pk)
    if row.state != State.GIVING:
        return row, False
    row.state, row.refusal, row.outcome = state, refusal, Outcome.RATED
    row.ended_at = row.ended_at or clock.now()
    row.save()
    wants_a_call = row.event if row.call_back and state == State.STORED else None
    if wants_a_call and (matter := matter_of(wants_a_call)):
        listing.list_for_reasons(event=wants_a_call, matter=matter)
    if row.listed_id:
        _close_listed(row)
    return row, True


def _close_listed(call: Call) -> None:
    """Take the call off the list, or put it back, once. The ladder hears of it."""
    row = ListedCall.objects.select_for_update(of=("self",)).get(calls=call)
    recorded = row.actions.filter(call=call, verb="recorded").exists()
    if row.state != ListedCall.State.DONE and not recorded:
        listing.close(listed=row, outcome=Outcome(call.outcome), call=call)


def instruction_of(call: Call) -> prompts.Instruction:
    """What the platform does next in ``call``."""
    talk = talk_of(call)
    service = (
        ServiceEvent.objects.select_related("organisation").get(pk=call.event_id)
        if call.event_id
        else None
    )
    with translation.override(call.language):
        menu = reasons_menu(call)
        tags = current_tags(menu) if menu else {}
        about = prompts.About(
            # In a call that came in the number may be a made-up one: the day alone.
            organisation=service.organisation.name_in(call.language)
            if service and not call.incoming_id
            else "",
            day=service.occurred_at if service else None,
            days=_days_of(talk.options) if talk.state == State.WHICH else (),
            reasons=[label(tags[code]) for code in menu if code in tags],
            greet=talk.state in {State.LEVEL, State.WHICH} and call.heard == 1,
        )
    return prompts.instruction(talk, about)


def talk_of(call: Call) -> Talk:
    return Talk(
        State(call.state or State.ASKED),
        language=call.language,
        options=tuple(call.options),
        service=str(call.event_id) if call.event_id else "",
        level=call.level,
        reasons=tuple(call.tags),
        call_back=call.call_back,
        missed=call.missed,
    )


def reasons_menu(call: Call) -> list[str]:
    """The codes that the keys 1 to 8 stand for while reasons are asked for. At most one query."""
    if call.state not in {State.CONFIRM, State.REASONS} or call.level is None:
        return []
    tags = current_tags()
    return sorted(code for code, tag in tags.items() if tag.level == call.level)[:_MENU]


def _days_of(options: Sequence[str]) -> list[datetime]:
    found = dict(ServiceEvent.objects.filter(pk__in=options).values_list("pk", "occurred_at"))
    return [found[UUID(key)] for key in options]


def _open_services(number_hash: bytes) -> list[ServiceEvent]:
    """The services that a caller with this number may rate, newest first."""
    keys = {
        *ListedCall.objects.filter(number_hash=number_hash, purpose=ListedCall.Purpose.RATING)
        .exclude(state=ListedCall.State.DONE)
        .values_list("event", flat=True),
        *ladder.open_events(number_hash),
    }
    events = ServiceEvent.objects.filter(pk__in=keys).order_by("-occurred_at", "-pk")
    rated = set(
        Review.objects.filter(event__in=keys, ordinal=FIRST).values_list("event", flat=True)
    )
    return [event for event in events if event.pk not in rated][:MOST_OPTIONS]


def _hash_of_event(call: Call) -> bytes | None:
    event = call.event
    return bytes(event.case.mobile_hash) if event and event.case else None
