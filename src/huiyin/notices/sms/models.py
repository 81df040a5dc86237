"""What is known of text messages. A number is never stored: only its keyed hash."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from huiyin.kernel.models import Row
from huiyin.matters.models import Matter, Step


class Conversation(Row):
    """That we write to a number about a matter, and the digits that tell its answers apart.

    They are added to our own number when the provider allows it, so that two matters of one citizen
    are two conversations on the phone. Append-only.
    """

    number_hash = models.BinaryField(max_length=32)
    extension = models.CharField(max_length=6)
    matter = models.ForeignKey(Matter, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["number_hash", "extension"], name="one_conversation_an_extension"
            ),
            models.UniqueConstraint(
                fields=["number_hash", "matter"], name="one_conversation_a_matter"
            ),
        ]


class SentPart(Row):
    """A message, or a part of a long one, that a gateway took over. Append-only."""

    gateway = models.CharField(max_length=20)
    # What the gateway calls it.
    reference = models.CharField(max_length=64)
    # Our own reference of the whole message, as relay attempts and deliveries name it.
    message = models.CharField(max_length=40)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["gateway", "reference"], name="sent_part_by_reference"),
            models.Index(fields=["message"], name="sent_parts_of_a_message"),
        ]


class DeliveryReceipt(Row):
    """What a gateway reports of a part that it took over. Append-only.

    It names the part by the gateway's reference and by nothing else: it may be here before we have
    written down that we sent the part.
    """

    class Outcome(models.TextChoices):
        UNDER_WAY = "under_way", _("under way")
        ARRIVED = "arrived", _("arrived on the phone")
        FAILED = "failed", _("did not arrive")
        UNKNOWN = "unknown", _("not known")

    gateway = models.CharField(max_length=20)
    reference = models.CharField(max_length=64)
    outcome = models.CharField(max_length=10, choices=Outcome)
    # The network's code, as it came: letters and digits.
    error = models.CharField(max_length=8, blank=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["gateway", "reference"], name="receipt_by_reference"),
        ]


class InboundSms(Row):
    """A message that came in, and where it went. Append-only.

    What could not be routed is kept sealed: staff of units never see it, an operator sees that it
    exists. Who wrote it may mean another matter than the one a unit would guess.
    """

    class Outcome(models.TextChoices):
        ROUTED = "routed", _("given to the matter")
        ENDED = "ended", _("contact ended")
        UNKNOWN = "unknown", _("nobody we wrote to")
        AMBIGUOUS = "ambiguous", _("several matters, not clear which")
        CLOSED = "closed", _("the matter is closed")
        REFUSED = "refused", _("not taken: empty or too many")
        RATED = "rated", _("taken as a rating")
        HELPED = "helped", _("not understood, one answer was sent")
        OPTED_OUT = "opted_out", _("no more invitations")
        KEPT = "kept", _("nothing to be done")

    gateway = models.CharField(_("gateway"), max_length=20)
    # What the gateway calls it: the same message may be handed over more than once.
    reference = models.CharField(max_length=80)
    number_hash = models.BinaryField(max_length=32)
    recipient = models.CharField(_("sent to"), max_length=24)
    text_sealed = models.BinaryField()
    received_at = models.DateTimeField(_("received"))
    outcome = models.CharField(_("what became of it"), max_length=10, choices=Outcome)
    # The first step that came of it; none when it was not routed.
    step = models.ForeignKey(Step, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-received_at"]
        constraints = [
            models.UniqueConstraint(fields=["gateway", "reference"], name="one_inbound_sms"),
        ]
        verbose_name = _("incoming text message")
        verbose_name_plural = _("incoming text messages")

    def __str__(self) -> str:
        return f"{self.gateway} {self.received_at:%Y-%m-%d %H:%M}"


class SmsFragment(Row):
    """A part of a long message that waits for the others; gone once they are put together."""

    gateway = models.CharField(max_length=20)
    number_hash = models.BinaryField(max_length=32)
    recipient = models.CharField(max_length=24)
    # The sender's own number for the long message; it soon comes round again.
    set_reference = models.PositiveIntegerField()
    total = models.PositiveSmallIntegerField()
    number = models.PositiveSmallIntegerField()
    coding = models.PositiveSmallIntegerField()
    # Octets in hex: a character may be cut in two.
    content_sealed = models.BinaryField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=[
                    "gateway", "number_hash", "recipient", "set_reference", "total", "number"
                ],
                name="one_fragment_a_place",
            ),
        ]  # fmt: skip
