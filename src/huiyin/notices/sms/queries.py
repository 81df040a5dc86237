"""Reading what became of text messages."""

from __future__ import annotations

from collections.abc import Iterable

from huiyin.notices.sms.models import DeliveryReceipt, SentPart

Outcome = DeliveryReceipt.Outcome
# What is said last of a part does not undo what was said for good.
_FINAL = (Outcome.FAILED, Outcome.ARRIVED)


def fates(messages: Iterable[str]) -> dict[str, Outcome]:
    """What the receipts say of our ``messages`` that a gateway took over. Two queries.

    A message has arrived when all its parts have, and has not when one has failed.
    """
    parts = list(SentPart.objects.filter(message__in=list(messages)))
    said: dict[tuple[str, str], set[str]] = {}
    reported = DeliveryReceipt.objects.filter(reference__in=[part.reference for part in parts])
    for receipt in reported:
        said.setdefault((receipt.gateway, receipt.reference), set()).add(receipt.outcome)
    of_message: dict[str, list[Outcome]] = {}
    for part in parts:
        of_part = said.get((part.gateway, part.reference), set())
        final = next((outcome for outcome in _FINAL if outcome in of_part), Outcome.UNDER_WAY)
        of_message.setdefault(part.message, []).append(final)
    return {message: _whole(outcomes) for message, outcomes in of_message.items()}


def _whole(parts: list[Outcome]) -> Outcome:
    if Outcome.FAILED in parts:
        return Outcome.FAILED
    arrived = all(part == Outcome.ARRIVED for part in parts)
    return Outcome.ARRIVED if arrived else Outcome.UNDER_WAY
