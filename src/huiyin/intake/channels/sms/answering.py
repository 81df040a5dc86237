"""What becomes of a citizen's text message to the invitations.

Of several open invitations of one number, the one is meant to whose digits the message was sent;
without digits the last one, if no other was sent within a day before it. Else nothing is recorded
and the citizen is asked to open a link: a rating cannot be changed, so nobody guesses. Each
invitation is answered at most once to say what was recorded, once to help, and once about opting
out, so that two machines cannot talk with each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings

from huiyin.intake.channels.sms.reading import Rating, read
from huiyin.intake.invitations import queries
from huiyin.intake.invitations.models import (
    SENT,
    Kind,
    OptOut,
    Planned,
    Purpose,
    Reply,
    RungChannel,
)
from huiyin.intake.invitations.services.opting import opt_out
from huiyin.intake.lane.writer import lane
from huiyin.kernel import clock, wakeup
from huiyin.kernel.problems import Problem
from huiyin.notices.sms import services as sms
from huiyin.notices.sms import words
from huiyin.notices.sms.hooks import Incoming, Taken
from huiyin.notices.sms.models import InboundSms
from huiyin.reviews import errors
from huiyin.reviews.models import Channel
from huiyin.reviews.queries import matter_of
from huiyin.reviews.services import Given, NewReview
from huiyin.reviews.tokens import FIRST, Token

# Rung when a citizen waits for an answer.
TOPIC = "sms-replies"
_UNCLEAR = timedelta(days=1)
# An answer that comes later than this after the last invitation is answered no more.
_REMEMBERED = timedelta(days=60)
# So many of a number are looked at; who acts for more than that goes by the links.
_MOST = 100

Outcome = InboundSms.Outcome
_UNUSABLE = 422


@dataclass
class _Invited:
    """The invitations of a number, the last one first."""

    rows: list[Planned]
    rated: set[UUID]

    @property
    def open(self) -> list[Planned]:
        now = clock.now()
        return [
            row
            for row in self.rows
            if row.event_id not in self.rated and row.expires_at and row.expires_at > now
        ]

    def at(self, extension: str) -> Planned | None:
        return next((row for row in self.rows if extension and row.extension == extension), None)


def take(message: Incoming) -> Taken | None:
    """A taker of ``notices.sms.hooks``: what became of ``message``, or None when it is not about an
    invitation. Raises what the lane raises when nothing can be stored now: the gateway is then
    asked to bring the message again."""
    invited = _invited(message.number_hash)
    addressed = invited.at(message.extension)
    if words.means_stop(message.text):
        return _stop(message, invited, addressed)
    if not invited.rows:
        return None
    rating = read(message.text)
    if addressed is not None:
        if rating is None:
            return _words(invited, addressed)
        return _rate(message, rating, invited, addressed)
    return _without_digits(message, rating, invited)


def _invited(number_hash: bytes) -> _Invited:
    """Two queries."""
    sent = Planned.objects.filter(
        number_hash=number_hash,
        channel=RungChannel.SMS,
        state__in=SENT,
        handed_at__gt=clock.now() - _REMEMBERED,
    )
    # All that were sent have a reference; saying so lets the index of numbers be used.
    sent = sent.exclude(reference="").select_related("event").order_by("-handed_at", "-pk")
    rows: dict[UUID, Planned] = {}
    for row in sent[:_MOST]:
        rows.setdefault(row.event_id, row)  # of two rungs of a service, the later one
    return _Invited(list(rows.values()), queries.rated(rows) if rows else set())


def _stop(message: Incoming, invited: _Invited, addressed: Planned | None) -> Taken:
    """No more invitations. Sent to the digits of an invitation it means just that; else the matters
    of the number hear of it as well, since it may mean those."""
    new = opt_out(message.number_hash, OptOut.Via.SMS)
    about = addressed or next(iter(invited.rows), None)
    if new and about is not None:
        _reply(about, Purpose.OPT_OUT, Kind.OPTED_OUT)
    return Taken(Outcome.OPTED_OUT, go_on=addressed is None)


def _without_digits(message: Incoming, rating: Rating | None, invited: _Invited) -> Taken | None:
    """To our bare number: we look at what was written to this number last."""
    waiting = invited.open
    last = waiting[0] if waiting else invited.rows[0]
    if message.matter_open and (rating is None or not waiting or _is_older(last, message)):
        return None
    if rating is None:
        if waiting:
            return _help(last, Kind.HELP)
        return _words(invited, last)
    if len(waiting) > 1 and not _is_alone(waiting):
        return _help(last, Kind.WHICH)
    return _rate(message, rating, invited, last)


def _is_older(row: Planned, message: Incoming) -> bool:
    """Whether a unit wrote about a matter after this invitation was sent."""
    if message.wrote_at is None or row.handed_at is None:
        return False
    return message.wrote_at > row.handed_at


def _is_alone(waiting: list[Planned]) -> bool:
    """Whether no other invitation was sent within a day before the last one."""
    last, before = waiting[0].handed_at, waiting[1].handed_at
    return last is not None and before is not None and last - before >= _UNCLEAR


def _rate(message: Incoming, rating: Rating, invited: _Invited, row: Planned) -> Taken:
    if row.expires_at is None or (
        row.expires_at <= clock.now() and row.event_id not in invited.rated
    ):
        return _help(row, Kind.TOO_LATE)
    right = Token(row.event_id, row.organisation_id, FIRST, row.expires_at)
    review = NewReview(
        level=rating.level,
        text=rating.words,
        channel=Channel.SMS,
        # The same message handed over again is the same review.
        idempotency_key=f"sms-{message.reference}",
    )
    try:
        lane.give(Given(right, review, settings.LANGUAGE_CODE))
    except (errors.TokenUsed, errors.IdempotencyKeyReused):
        return _help(row, Kind.ALREADY)
    except Problem as problem:
        if problem.status != _UNUSABLE:
            raise
        return _help(row, Kind.HELP)
    matter = matter_of(row.event) if review.is_bad else None
    if matter is not None:
        # Words that follow belong to it, also when they come to our bare number.
        sms.begin(matter=matter, number_hash=message.number_hash)
    silent = review.is_bad and not rating.words
    _reply(row, Purpose.CONFIRMATION, Kind.ASKED if silent else Kind.CONFIRMED)
    return Taken(Outcome.RATED)


def _words(invited: _Invited, row: Planned) -> Taken:
    """Words without a rating, about this invitation: of a rated service they go to its matter."""
    if row.event_id not in invited.rated:
        if row in invited.open:
            return _help(row, Kind.HELP)
        return _help(row, Kind.TOO_LATE)
    matter = matter_of(row.event)
    if matter is None:
        return Taken(Outcome.KEPT)  # “thank you”, and the like
    if matter.closed_at is not None:
        return Taken(Outcome.CLOSED)
    return Taken(Outcome.ROUTED, matter=matter)


def _help(row: Planned, kind: str) -> Taken:
    """One helpful answer, and no other after it."""
    return Taken(Outcome.HELPED if _reply(row, Purpose.HELP, kind) else Outcome.KEPT)


def _reply(row: Planned, purpose: str, kind: str) -> bool:
    """Have the citizen answered, once for each purpose; whether this was the once."""
    now = clock.now()
    _made, new = Reply.objects.get_or_create(
        planned=row, purpose=purpose, defaults={"kind": kind, "created_at": now, "next_at": now}
    )
    if new:
        wakeup.ring(TOPIC)
    return new
