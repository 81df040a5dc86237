"""Cosignatures: others who say that they saw a checkpoint and found the log only grown since the
one they saw before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from huiyin.kernel import clock, wakeup
from huiyin.log import notes
from huiyin.log.errors import CosignatureInvalid
from huiyin.log.models import Checkpoint, Cosignature
from huiyin.log.sealing import CHECKPOINT

# A witness takes a moment, in which the next epoch may be sealed.
_RECENT = 16
_MOST_LINES = 64
_AHEAD = timedelta(minutes=5)


def configured() -> list[notes.VerifierKey]:
    """Whose cosignatures count."""
    return list(settings.HUIYIN_LOG_WITNESSES)


def accept(text: str) -> int:
    """Store the cosignatures in the lines of ``text``; how many there are. Those that are there
    already count, too.

    Raises ``CosignatureInvalid``, and stores none, unless every line is by one of our witnesses and
    for a recent checkpoint.
    """
    lines = [line for line in text.split("\n") if line]
    if not 0 < len(lines) <= _MOST_LINES:
        raise CosignatureInvalid
    recent = list(Checkpoint.objects.order_by("-epoch_id")[:_RECENT])
    made = [_cosignature(line, recent) for line in lines]
    with transaction.atomic():
        Cosignature.objects.bulk_create(made, ignore_conflicts=True)
        wakeup.ring(CHECKPOINT)
    return len(made)


def lines_of(checkpoint: Checkpoint) -> list[str]:
    """The signature lines that follow the log's own, by witness; of those that still are ours."""
    stored = dict(checkpoint.cosignatures.values_list("witness", "line"))
    return [stored[name] for name in map(str, configured()) if name in stored]


def _cosignature(line: str, recent: list[Checkpoint]) -> Cosignature:
    try:
        signature = notes.Signature.parse(line)
    except notes.NoteInvalid as error:
        raise CosignatureInvalid(str(error)) from error
    witness = next((key for key in configured() if signature.is_by(key)), None)
    if witness is None:
        raise CosignatureInvalid(_("The witness is not one of those of this log."))
    for checkpoint in recent:
        body = notes.Note.parse(checkpoint.note).body
        try:
            seconds = notes.cosigned_at(signature, witness, body)
        except notes.SignatureInvalid:
            continue
        try:
            signed_at = datetime.fromtimestamp(seconds, UTC)
        except (ValueError, OverflowError, OSError):
            break
        if signed_at > clock.machine_now() + _AHEAD:
            raise CosignatureInvalid(_("It is from the future: a clock is wrong."))
        return Cosignature(
            checkpoint=checkpoint, witness=str(witness), signed_at=signed_at, line=str(signature)
        )
    raise CosignatureInvalid
