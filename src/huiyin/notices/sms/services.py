"""The writers of text messages: what was sent, what became of it, and what citizens answer."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction

from huiyin.kernel import clock, crypto
from huiyin.kernel.problems import Problem
from huiyin.matters import services as matters
from huiyin.matters.kinds import Contact
from huiyin.matters.models import ContactAttempt, Matter, Step
from huiyin.notices.models import Outbox, Receipt, RelayAttempt
from huiyin.notices.sms import hooks, numbers, queries, words
from huiyin.notices.sms.models import (
    Conversation,
    DeliveryReceipt,
    InboundSms,
    SentPart,
    SmsFragment,
)
from huiyin.notices.transports import names

log = logging.getLogger(__name__)

VIA_SMS = "sms"
_PURPOSE = "inbound_sms"
# Of several open matters, the one we wrote about within this time is meant.
_FRESH = timedelta(days=7)
# A gateway that gives no ids brings a message again within this time, if at all.
_REPEATED_SECONDS = 300
# The parts of a long message come together; whatever has not come by then never will.
_PARTS_WAIT = timedelta(hours=6)

Decode = Callable[[bytes, int], str]
Outcome = InboundSms.Outcome
_KINDS = {
    DeliveryReceipt.Outcome.ARRIVED: Receipt.Kind.ARRIVED,
    DeliveryReceipt.Outcome.FAILED: Receipt.Kind.LOST,
}
_OUTCOMES = {
    DeliveryReceipt.Outcome.ARRIVED: RelayAttempt.Outcome.ARRIVED,
    DeliveryReceipt.Outcome.FAILED: RelayAttempt.Outcome.LOST,
}


def converse(*, matter: Matter, contact: Contact) -> Contact:
    """``contact`` with the digits by which its answers are known to belong to ``matter``."""
    number_hash = numbers.hash_of_typed(contact.mobile)
    return replace(contact, extension=begin(matter=matter, number_hash=number_hash))


def begin(*, matter: Matter, number_hash: bytes) -> str:
    """From now on messages of this number may mean ``matter``. The digits to which those come that
    do; empty when none could be had."""
    for _attempt in range(5):
        about = Conversation.objects.filter(number_hash=number_hash)
        if found := about.filter(matter=matter).first():
            return found.extension
        try:
            with transaction.atomic():
                # Somebody else may take the same digits; then look again.
                Conversation.objects.create(
                    number_hash=number_hash,
                    extension=f"{about.count() + 1:02}",
                    matter=matter,
                    at=clock.now(),
                )
        except IntegrityError:
            continue
    return ""


def note_sent(
    *, gateway: str, parts: Iterable[str], message: str, notice: Outbox | None = None
) -> None:
    """Write down what the gateway calls the parts of our ``message``, so that receipts find it.

    ``notice`` is the one that is being recorded as delivered by it, if it is one.
    """
    now = clock.now()
    SentPart.objects.bulk_create(
        SentPart(gateway=gateway, reference=part[:64], message=message, at=now) for part in parts
    )
    # A quick receipt may be here before the message is on record.
    _came_of(message, [notice] if notice else [])
    # Or be stored at this very moment, unseen: whoever commits last looks again.
    transaction.on_commit(lambda: _look_again(message))


def note_many_sent(*, gateway: str, sent: Mapping[str, Iterable[str]]) -> None:
    """The same for many messages that are no notices; ``sent`` are the parts by message. A fixed
    number of queries, unless receipts are here already."""
    now = clock.now()
    SentPart.objects.bulk_create(
        SentPart(gateway=gateway, reference=part[:64], message=message, at=now)
        for message, parts in sent.items()
        for part in parts
    )
    messages = list(sent)
    transaction.on_commit(lambda: _look_for(messages))


def _look_for(messages: list[str]) -> None:
    for message, fate in queries.fates(messages).items():
        if fate in _KINDS:
            with transaction.atomic():
                hooks.came_of(message, fate)


def _look_again(message: str) -> None:
    told = (names.RELAY, names.SMS_SMPP, names.SMS_HTTP)
    with transaction.atomic():
        _came_of(message, Outbox.objects.filter(transport__in=told, reference=message))


def receive_receipt(*, gateway: str, reference: str, outcome: str, error: str = "") -> None:
    """Store what ``gateway`` reports of the part it calls ``reference``."""
    DeliveryReceipt.objects.create(
        gateway=gateway,
        reference=reference[:64],
        outcome=outcome,
        error="".join(filter(str.isalnum, error))[:8],
        at=clock.now(),
    )
    part = SentPart.objects.filter(gateway=gateway, reference=reference[:64]).order_by("-at")
    if sent := part.first():
        _look_again(sent.message)


def _came_of(message: str, notices: Iterable[Outbox]) -> None:
    """Write what the receipts say of our ``message`` where it was asked for. One that is whole has
    arrived; one that lacks a part has not."""
    fate = queries.fates([message]).get(message)
    if fate is None or fate not in _KINDS:
        return
    now = clock.now()
    Receipt.objects.bulk_create(
        (Receipt(outbox=notice, kind=_KINDS[fate], at=now) for notice in notices),
        ignore_conflicts=True,
    )
    RelayAttempt.objects.filter(reference=message, means=ContactAttempt.Means.MESSAGE).update(
        outcome=_OUTCOMES[fate]
    )
    hooks.came_of(message, fate)


def receive_sms(
    *, gateway: str, from_number: str, recipient: str, text: str, reference: str = ""
) -> InboundSms:
    """Store a message that came in, and give it to the matter it answers.

    ``recipient`` is our number as the citizen wrote to it. The same message handed over again
    (same ``reference``, or the same text shortly after when the gateway gives none) is not stored
    twice. Never refused: what cannot be routed is kept sealed and counted.
    """
    number_hash = numbers.hash_of_typed(from_number)
    return _receive(gateway, number_hash, recipient, words.readable(text), reference)


def _receive(
    gateway: str, number_hash: bytes, recipient: str, text: str, reference: str
) -> InboundSms:
    recipient = "".join(filter(str.isalnum, recipient))[:24]
    reference = reference[:80] or _made_up_reference(number_hash, recipient, text)
    known = InboundSms.objects.filter(gateway=gateway, reference=reference)
    if found := known.first():
        return found
    taken = _offer(number_hash, recipient, text, reference)
    try:
        with transaction.atomic():
            outcome, step = _settle(taken, number_hash, recipient, text)
            stored = InboundSms(
                gateway=gateway,
                reference=reference,
                number_hash=number_hash,
                recipient=recipient,
                received_at=clock.now(),
                outcome=outcome,
                step=step,
            )
            stored.text_sealed = crypto.seal(text, purpose=_PURPOSE, about=stored.pk.bytes)
            stored.save(force_insert=True)
    except IntegrityError:
        # Handed over twice at once: whoever was first has routed it.
        return known.get()
    log.info("a text message came in by %s: %s", gateway, outcome)
    return stored


def _settle(
    taken: hooks.Taken | None, number_hash: bytes, recipient: str, text: str
) -> tuple[Outcome, Step | None]:
    if taken is None:
        return _route(number_hash, recipient, text)
    if taken.matter is not None:
        return _write(taken.matter, text)
    if taken.go_on:
        outcome, step = _route(number_hash, recipient, text)
        if outcome == Outcome.ENDED:
            return outcome, step
    return taken.outcome, None


def _offer(number_hash: bytes, recipient: str, text: str, reference: str) -> hooks.Taken | None:
    """What somebody else made of a message that was not sent to the digits of a matter."""
    extension = _extension(recipient)
    about = Conversation.objects.filter(number_hash=number_hash)
    if extension and about.filter(extension=extension).exists():
        return None
    open_ones = [one for one in _candidates(number_hash, recipient) if one.closed_at is None]
    return hooks.offer(
        hooks.Incoming(
            number_hash,
            extension,
            text,
            reference,
            matter_open=bool(open_ones),
            wrote_at=_last_wrote(open_ones) if open_ones else None,
        )
    )


def _last_wrote(candidates: list[Matter]) -> datetime | None:
    """When we wrote to the citizen last about one of these."""
    wrote = RelayAttempt.objects.filter(
        matter__in=candidates, means=ContactAttempt.Means.MESSAGE
    ).exclude(outcome=RelayAttempt.Outcome.FAILED)
    return wrote.order_by("-at").values_list("at", flat=True).first()


def _extension(recipient: str) -> str:
    """The digits behind our own number; none when it is not ours, or stands alone."""
    _before, found, extension = recipient.rpartition(settings.HUIYIN_SMS_SOURCE or "\0")
    return extension if found else ""


def _made_up_reference(number_hash: bytes, recipient: str, text: str) -> str:
    window = int(clock.now().timestamp()) // _REPEATED_SECONDS
    said = b"\0".join((number_hash, recipient.encode(), text.encode(), str(window).encode()))
    return "made-" + crypto.mac(said, purpose=_PURPOSE).hex()


def _route(number_hash: bytes, recipient: str, text: str) -> tuple[Outcome, Step | None]:
    candidates = _candidates(number_hash, recipient)
    still_open = [matter for matter in candidates if matter.closed_at is None]
    if not candidates:
        return Outcome.UNKNOWN, None
    if not still_open:
        return Outcome.CLOSED, None
    chosen = still_open if len(still_open) == 1 else _written_about(still_open)
    if words.means_stop(text):
        # Not clear which? Then they want to hear of none of them.
        return Outcome.ENDED, _end(chosen if len(chosen) == 1 else still_open)
    if len(chosen) != 1:
        return Outcome.AMBIGUOUS, None
    return _write(chosen[0], text)


def _write(matter: Matter, text: str) -> tuple[Outcome, Step | None]:
    try:
        with transaction.atomic():
            step = matters.citizen_writes(matter=matter, text=text, via=VIA_SMS)
    except Problem:
        return Outcome.REFUSED, None
    return Outcome.ROUTED, step


def _candidates(number_hash: bytes, recipient: str) -> list[Matter]:
    """The matters that a message from this number to ``recipient`` may mean."""
    about = Conversation.objects.filter(number_hash=number_hash)
    extension = _extension(recipient)
    if extension and about.filter(extension=extension).exists():
        about = about.filter(extension=extension)
    return list(Matter.objects.filter(pk__in=about.values("matter")).order_by("-opened_at"))


def _written_about(candidates: list[Matter]) -> list[Matter]:
    """Those of several matters that we wrote to the citizen about lately."""
    wrote = RelayAttempt.objects.filter(
        matter__in=candidates,
        means=ContactAttempt.Means.MESSAGE,
        outcome=RelayAttempt.Outcome.PLACED,
        at__gt=clock.now() - _FRESH,
    )
    recent = set(wrote.values_list("matter", flat=True))
    return [matter for matter in candidates if matter.pk in recent]


def _end(chosen: list[Matter]) -> Step | None:
    first = None
    for matter in chosen:
        try:
            with transaction.atomic():
                step = matters.end_contact(matter=matter, via=VIA_SMS)
        except Problem:
            continue  # ended before
        first = first or step
    return first


def receive_part(
    *,
    gateway: str,
    from_number: str,
    recipient: str,
    content: bytes,
    coding: int,
    place: tuple[int, int, int],
    decode: Decode,
) -> None:
    """Store a part of a long message; the last one to come puts them together.

    ``place`` is the sender's reference of the whole, how many parts, and which.
    """
    number_hash = numbers.hash_of_typed(from_number)
    reference, total, number = place
    key = {
        "gateway": gateway,
        "number_hash": number_hash,
        "recipient": "".join(filter(str.isalnum, recipient))[:24],
        "set_reference": reference,
        "total": total,
    }
    fragment = SmsFragment(**key, number=number, coding=coding, at=clock.now())
    fragment.content_sealed = crypto.seal(content.hex(), purpose=_PURPOSE, about=fragment.pk.bytes)
    # A part handed over again is there already.
    SmsFragment.objects.bulk_create([fragment], ignore_conflicts=True)
    waiting = list(SmsFragment.objects.filter(**key).order_by("number"))
    if len(waiting) == total:
        _put_together(waiting, decode)


def put_together_late(*, decode: Decode) -> None:
    """Take what there is of long messages whose other parts never came; “…” stands for those."""
    late = SmsFragment.objects.filter(at__lt=clock.now() - _PARTS_WAIT).order_by(
        "gateway", "number_hash", "recipient", "set_reference", "total", "number"
    )
    sets: dict[tuple[object, ...], list[SmsFragment]] = {}
    for part in late:
        key = (part.gateway, bytes(part.number_hash), part.recipient, part.set_reference)
        sets.setdefault((*key, part.total), []).append(part)
    for parts in sets.values():
        _put_together(parts, decode)


@transaction.atomic
def _put_together(parts: list[SmsFragment], decode: Decode) -> None:
    """One message from ``parts``, in their order; they are gone afterwards."""
    first = parts[0]
    pieces: list[bytes] = []
    texts: list[str] = []
    expected = 1
    for part in parts:
        if part.number != expected and pieces:
            texts.append(decode(b"".join(pieces), first.coding))
            pieces = []
        if part.number != expected:
            texts.append("…")
        expected = part.number + 1
        sealed = crypto.unseal(bytes(part.content_sealed), purpose=_PURPOSE, about=part.pk.bytes)
        pieces.append(bytes.fromhex(sealed))
    texts.append(decode(b"".join(pieces), first.coding))
    if expected <= first.total:
        texts.append("…")
    gone, _by_model = SmsFragment.objects.filter(pk__in=[part.pk for part in parts]).delete()
    if gone == len(parts):  # else another process puts them together
        text = words.readable("".join(texts))
        _receive(first.gateway, bytes(first.number_hash), first.recipient, text, "")
