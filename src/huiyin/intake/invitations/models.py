"""Asking citizens for a rating: by which rules, whom, when, what became of it, and who said no.

What was planned names a service and a keyed hash of a number, never a number or a text.
"""

from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from huiyin.directory.models import Organisation, Region, Staff
from huiyin.kernel.models import Row
from huiyin.reviews.models import ServiceEvent


class Ladder(Row):
    """How citizens of one jurisdiction are asked. Never edited: versions are added."""

    jurisdiction = models.ForeignKey(
        Region, models.PROTECT, related_name="+", verbose_name=_("jurisdiction")
    )
    version = models.PositiveIntegerField(_("version"), validators=[MinValueValidator(1)])
    valid_from = models.DateField(_("for services completed from"))
    valid_to = models.DateField(_("to"), null=True, blank=True)
    legal_basis = models.TextField(_("legal basis"), blank=True)
    document = models.JSONField(_("rules"))
    author = models.ForeignKey(
        Staff, models.PROTECT, null=True, related_name="+", verbose_name=_("put in force by")
    )
    created_at = models.DateTimeField(_("put in force"))

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["jurisdiction", "version"], name="one_ladder_a_version"
            ),
        ]
        ordering = ["jurisdiction", "-version"]
        verbose_name = _("invitation ladder")
        verbose_name_plural = _("invitation ladders")

    def __str__(self) -> str:
        return f"{self.jurisdiction} · v{self.version}"


class RungChannel(models.TextChoices):
    """By what somebody is asked."""

    SMS = "sms", _("text message")
    HOTLINE = "hotline", _("call by the hotline")


class State(models.TextChoices):
    # The case is not finished: nothing is due yet.
    WAITING = "waiting", _("waiting for the end of the case")
    PLANNED = "planned", _("planned")
    UNDER_WAY = "under_way", _("being handed over")
    HANDED = "handed", _("handed over")
    ARRIVED = "arrived", _("arrived on the phone")
    LOST = "lost", _("did not arrive")
    # The process died, or the line broke, between handing over and hearing so.
    UNSURE = "unsure", _("perhaps handed over, not sent again")
    FAILED = "failed", _("could not be handed over")
    CALLED = "called", _("called")
    ENDED = "ended", _("not needed any more")


# What may still be handed over.
OPEN = (State.WAITING, State.PLANNED)
# What a citizen may have on the phone.
SENT = (State.HANDED, State.ARRIVED, State.LOST, State.UNSURE)


class Why(models.TextChoices):
    """Why a rung ended without asking."""

    ANSWERED = "answered", _("rated before")
    OPTED_OUT = "opted_out", _("wants no invitations")
    EXPIRED = "expired", _("too late: the link has expired")
    NO_NUMBER = "no_number", _("no mobile number")
    ERASED = "erased", _("the person was erased")
    OTHER_SERVICE = "other_service", _("a later service of the case is asked about")
    WITHDRAWN = "withdrawn", _("the rules were withdrawn")


class CallOutcome(models.TextChoices):
    """What came of calling somebody."""

    RATED = "rated", _("rated on the telephone")
    REACHED = "reached", _("reached, did not rate")
    NO_ANSWER = "no_answer", _("no answer")
    WRONG_NUMBER = "wrong_number", _("wrong number")
    OPTED_OUT = "opted_out", _("wants no invitations")


class Planned(Row):
    """One rung of a ladder for one service: at most one row each, whatever happens."""

    # Read in the transaction that plans them and never deleted: the database need not look them up.
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    event = models.ForeignKey(
        ServiceEvent, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    ladder = models.ForeignKey(Ladder, models.PROTECT, related_name="+", db_index=False)
    rung = models.PositiveSmallIntegerField(_("rung"))
    channel = models.CharField(_("by"), max_length=8, choices=RungChannel)
    # Of the case's mobile number, to know who answers; empty once the person was erased.
    number_hash = models.BinaryField(max_length=32)
    # When it is to be asked, quiet hours apart; null while the case is not finished.
    due_at = models.DateTimeField(_("due"), null=True)
    # The right to rate ends then; nothing is asked afterwards.
    expires_at = models.DateTimeField(null=True)
    # When somebody has to look at it next: due, tried again, or a lease that runs out.
    next_at = models.DateTimeField(null=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PLANNED)
    why = models.CharField(_("why"), max_length=14, choices=Why, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    planned_at = models.DateTimeField(_("planned"))
    handed_at = models.DateTimeField(_("handed over"), null=True)
    # How the message is called between the gateway and us: receipts name it.
    reference = models.CharField(max_length=40, blank=True)
    # The digits behind our number that its answers come to; empty when none were free.
    extension = models.CharField(max_length=4, blank=True)
    # What its message calls the link; empty before it is handed over.
    short_code = models.CharField(max_length=13, blank=True)
    outcome = models.CharField(
        _("outcome of the call"), max_length=14, choices=CallOutcome, blank=True
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["event", "organisation", "rung"], name="one_invitation_a_rung"
            ),
        ]
        indexes = [
            models.Index(
                fields=["channel", "next_at"],
                condition=Q(next_at__isnull=False),
                name="invitations_due",
            ),
            models.Index(
                fields=["event"], condition=Q(state="waiting"), name="invitations_waiting"
            ),
            models.Index(
                fields=["number_hash"], condition=~Q(reference=""), name="invitations_of_a_number"
            ),
            models.Index(
                fields=["reference"], condition=~Q(reference=""), name="invitation_by_reference"
            ),
            models.Index(
                fields=["short_code"], condition=~Q(short_code=""), name="invitation_by_short_code"
            ),
            models.Index(
                fields=["next_at"], condition=Q(state="under_way"), name="invitations_under_way"
            ),
            models.Index(fields=["planned_at"], name="invitations_by_day"),
        ]
        verbose_name = _("planned invitation")
        verbose_name_plural = _("planned invitations")


class Purpose(models.TextChoices):
    """Why a message of a citizen is answered; each at most once an invitation."""

    CONFIRMATION = "confirmation", _("what was recorded")
    HELP = "help", _("how to answer")
    OPT_OUT = "opt_out", _("that there will be no invitations")


class Kind(models.TextChoices):
    """What is said by text message."""

    INVITATION = "invitation", _("invitation")
    CONFIRMED = "confirmed", _("a rating was recorded")
    ASKED = "asked", _("a bad rating was recorded, asking for the reason")
    HELP = "help", _("an answer was not understood")
    WHICH = "which", _("several services, not clear which is rated")
    ALREADY = "already", _("the service was rated before")
    TOO_LATE = "too_late", _("the time to rate is over")
    OPTED_OUT = "opted_out", _("there will be no more invitations")


class Reply(Row):
    """The answer to a citizen's message, on its way back through the gateway."""

    planned = models.ForeignKey(Planned, models.PROTECT, related_name="replies")
    purpose = models.CharField(max_length=12, choices=Purpose)
    kind = models.CharField(max_length=10, choices=Kind)
    state = models.CharField(max_length=10, choices=State, default=State.PLANNED)
    next_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    handed_at = models.DateTimeField(null=True)
    reference = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["planned", "purpose"], name="one_reply_a_purpose"),
        ]
        indexes = [
            models.Index(
                fields=["next_at"], condition=Q(next_at__isnull=False), name="replies_due"
            ),
            models.Index(
                fields=["reference"], condition=~Q(reference=""), name="reply_by_reference"
            ),
        ]


class OptOut(Row):
    """That nobody may be asked at a number any more, and when that was taken back.

    The number is a keyed hash. A row is not deleted: one who says no again has another.
    """

    class Via(models.TextChoices):
        SMS = "sms", _("text message")
        PAGE = "page", _("page")
        AGENT = "agent", _("hotline agent")
        ADMINISTRATION = "administration", _("administration")

    number_hash = models.BinaryField(max_length=32)
    at = models.DateTimeField(_("since"))
    via = models.CharField(_("by"), max_length=14, choices=Via)
    by = models.ForeignKey(
        Staff, models.PROTECT, null=True, related_name="+", verbose_name=_("recorded by")
    )
    back_at = models.DateTimeField(_("taken back"), null=True)
    back_via = models.CharField(_("taken back by"), max_length=14, choices=Via, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["number_hash"],
                condition=Q(back_at__isnull=True),
                name="one_opt_out_a_number",
            ),
        ]
        verbose_name = _("opt-out")
        verbose_name_plural = _("opt-outs")


class Switch(Row):
    """Somebody stopped the invitations, or let them go on; the last row holds. Append-only."""

    going = models.BooleanField(_("going on"))
    at = models.DateTimeField(_("at"))
    # The member of staff, or else the account of the operating system.
    staff = models.ForeignKey(
        Staff, models.PROTECT, null=True, related_name="+", verbose_name=_("by")
    )
    account = models.CharField(max_length=150, blank=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)

    class Meta:
        ordering = ["-id"]


class Watermark(models.Model):
    """How far the planner has looked through the services; one row."""

    # The key of an event: all before it have been looked at.
    event_id = models.UUIDField()
    # When cases that were not finished were looked at last.
    looked_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="one_watermark")]


class Wording(Row):
    """What a text message says here in place of what came with the software.

    Append-only: the newest version of a kind holds, and one without text brings ours back.
    """

    kind = models.CharField(_("message"), max_length=10, choices=Kind)
    version = models.PositiveIntegerField(_("version"))
    text = models.TextField(_("text"), blank=True, max_length=300)
    author = models.ForeignKey(
        Staff, models.PROTECT, related_name="+", verbose_name=_("written by")
    )
    created_at = models.DateTimeField(_("written"))

    class Meta:
        ordering = ["kind", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "version"], name="one_wording_a_version"),
        ]
        verbose_name = _("wording of a text message")
        verbose_name_plural = _("wordings of text messages")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} v{self.version}"
