"""Being told: what has to be told to whom, each try to tell it, and what has arrived where.

An outbox row is written in the transaction of the step it tells of, so that a step and its notices
appear together or not at all. What it says is an event code and a few facts, never a text and never
anything personal: readers get it in their own language, when they read it.
"""

from __future__ import annotations

from typing import ClassVar

from django.core.serializers.json import DjangoJSONEncoder
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from huiyin.directory.models import Organisation, Region, Staff
from huiyin.kernel.models import Row
from huiyin.matters.models import ContactAttempt, Matter, Step
from huiyin.matters.table import Alarm, Event, Party
from huiyin.notices.transports import names


class WebhookEndpoint(Row):
    """An address that hears of what happens in an organisation or a region: another system, which
    hears of every step, or the robot of a group (``Robot``)."""

    transport = models.CharField(max_length=20, default=names.WEBHOOK, editable=False)
    name = models.CharField(_("name"), max_length=80, unique=True)
    url = models.URLField(_("address"), max_length=500)
    secret_sealed = models.BinaryField(editable=False)
    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("organisation and all below it"),
    )
    region = models.ForeignKey(
        Region,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("region and all within it"),
    )
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                name="endpoint_has_one_scope",
                condition=models.Q(organisation__isnull=True) ^ models.Q(region__isnull=True),
                violation_error_message=_("Give either an organisation or a region."),
            ),
        ]
        verbose_name = _("webhook endpoint")
        verbose_name_plural = _("webhook endpoints")

    def __str__(self) -> str:
        return self.name


class Robots(models.Manager["Robot"]):
    """The endpoints that are robots."""

    def get_queryset(self) -> models.QuerySet[Robot]:
        return super().get_queryset().filter(transport=names.ROBOT)


class Robot(WebhookEndpoint):
    """The robot of a DingTalk group, which is told what the staff of its scope are told.

    ``url`` is its address without the access token, which is sealed together with the secret.
    """

    objects: ClassVar[Robots] = Robots()

    class Meta:
        proxy = True
        verbose_name = _("DingTalk group robot")
        verbose_name_plural = _("DingTalk group robots")


class RobotPace(models.Model):
    """What a robot said in the last minute. The row is locked while a message is let through, so
    that all dispatchers together keep within what DingTalk allows, across restarts."""

    robot = models.OneToOneField(
        WebhookEndpoint, models.CASCADE, primary_key=True, related_name="+"
    )
    # The moments of the last messages, oldest first.
    sent = models.JSONField(default=list)
    # Until when it is silenced, since it spoke too often.
    silent_until = models.DateTimeField(null=True)


# The event of a notice that tells of no step: what a day holds for one member of staff.
DIGEST = "digest"
# A matter was sent from their unit to another one by a ruling: they do not see it any more.
LEFT = "left"
# What concerns one person alone, whatever they may see of the matter it came from.
CONSEQUENCE, CONSEQUENCE_DECIDED = "consequence", "consequence_decided"
ABOUT_A_PERSON = (CONSEQUENCE, CONSEQUENCE_DECIDED)
# What people are told of: steps, alarms of clocks, what concerns them alone, and their day.
SUBJECTS = [
    *Event.choices,
    *Alarm.choices,
    (DIGEST, _("daily digest")),
    (LEFT, _("sent to another unit by ruling")),
    (CONSEQUENCE, _("consequence recorded")),
    (CONSEQUENCE_DECIDED, _("objection to a consequence decided")),
]
# Of these there is a matter, but no step.
_OF_NO_STEP = (*Alarm.values, *ABOUT_A_PERSON)


class Transport(models.TextChoices):
    """What reaches a member of staff away from the desk."""

    ZWDING = names.ZWDING, _("government DingTalk")
    EMAIL = names.EMAIL, _("e-mail")
    SMS_SMPP = names.SMS_SMPP, _("text message (SMPP)")
    SMS_HTTP = names.SMS_HTTP, _("text message (provider)")


class Channel(Row):
    """One way to tell a member of staff beside the inbox, and its place among theirs.

    The first is used at once, each further one when the notice is still unread ``wait_minutes``
    after the one before it.
    """

    staff = models.ForeignKey(
        Staff, models.CASCADE, related_name="channels", verbose_name=_("member of staff")
    )
    transport = models.CharField(_("by"), max_length=20, choices=Transport)
    # An account, an e-mail address, a number: sealed, since it is personal.
    address_sealed = models.BinaryField(editable=False, default=bytes)
    position = models.PositiveSmallIntegerField(_("order"), default=1)
    wait_minutes = models.PositiveSmallIntegerField(
        _("minutes unread before the next"),
        default=30,
        validators=[MinValueValidator(1), MaxValueValidator(7 * 24 * 60)],
    )
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        ordering = ["position", "transport"]
        constraints = [
            models.UniqueConstraint(fields=["staff", "transport"], name="one_channel_a_transport"),
        ]
        verbose_name = _("channel")
        verbose_name_plural = _("channels")

    def __str__(self) -> str:
        return self.get_transport_display()


class Outbox(Row):
    """One notice to one recipient: a member of staff, an endpoint, or the citizen (neither).

    It tells of a step, of a clock's alarm, of a consequence for its reader, or is somebody's daily
    digest, which is about no matter in particular.

    What is not ``tell`` follows a notice that was told in the same way; ``payload["of"]`` is the
    delivery key of that one: of what is taken back, or of the to-do item that is finished.
    """

    class Action(models.TextChoices):
        TELL = "tell", _("tell")
        # Take back what was told, since it is no longer true.
        RECALL = "recall", _("take back")
        TO_DO = "to_do", _("put on the to-do list")
        FINISH_TO_DO = "finish_to_do", _("take off the to-do list")

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        DELIVERED = "delivered", _("delivered")
        DEAD = "dead", _("dead letter")
        # The matter moved on before it could be delivered.
        DROPPED = "dropped", _("no longer needed")

    # Nobody can delete a matter, which has steps: the database need not look it up.
    matter = models.ForeignKey(
        Matter,
        models.PROTECT,
        null=True,
        related_name="+",
        db_constraint=False,
        verbose_name=_("matter"),
    )
    # Written together with the step, which nobody can delete: the database need not look it up,
    # nor does anybody look for a notice by it. Null for an alarm.
    step = models.ForeignKey(
        Step, models.PROTECT, null=True, related_name="+", db_constraint=False, db_index=False
    )
    event = models.CharField(_("event"), max_length=24, choices=SUBJECTS)
    # As whom the recipient is told: a party of the transition table, or “system”.
    audience = models.CharField(_("told as"), max_length=14)
    transport = models.CharField(_("transport"), max_length=20)
    action = models.CharField(_("action"), max_length=14, choices=Action, default=Action.TELL)
    # What somebody was told is found in their inbox, what an endpoint waits for by when it is due.
    # Whoever was on duty is never deleted, and was just read: the database need not look them up.
    staff = models.ForeignKey(
        Staff,
        models.PROTECT,
        null=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
        verbose_name=_("member of staff"),
    )
    endpoint = models.ForeignKey(
        WebhookEndpoint,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("endpoint"),
    )
    payload = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    # Step and recipient: the same at every try, by which the other side knows a repetition.
    delivery_key = models.CharField(_("delivery key"), max_length=120)
    # When what caused the notice was accepted; delays are counted from here.
    accepted_at = models.DateTimeField(_("accepted"))
    created_at = models.DateTimeField()
    # When a dispatcher has to look at it next, null when it is finished. Taking it up moves this to
    # the end of a lease, so that a notice whose dispatcher died comes up again by itself.
    next_attempt_at = models.DateTimeField(_("next try"), null=True)
    attempts = models.PositiveIntegerField(_("tries"), default=0)
    tries_left = models.PositiveSmallIntegerField()
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    # What the other side calls it, if it says so: receipts name it.
    reference = models.CharField(_("their reference"), max_length=64, blank=True)
    # Of a notice in an inbox: when the recipient's next channel is to be used, if it is still
    # unread by then; null when there is none left.
    next_channel_at = models.DateTimeField(_("next channel"), null=True)
    # It stands on somebody else's machine and is to be taken back when the matter moves on.
    standing = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(
                fields=["next_channel_at"],
                condition=models.Q(next_channel_at__isnull=False),
                name="channels_due",
            ),
            models.Index(
                fields=["matter"], condition=models.Q(standing=True), name="standing_notices"
            ),
            models.Index(
                fields=["transport", "reference"],
                condition=~models.Q(reference=""),
                name="notices_by_reference",
            ),
            models.Index(
                fields=["transport", "next_attempt_at"],
                condition=models.Q(next_attempt_at__isnull=False),
                name="notices_due",
            ),
            models.Index(
                fields=["created_at"], condition=models.Q(state="dead"), name="dead_letters"
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["delivery_key"], name="one_notice_a_delivery_key"),
            models.CheckConstraint(
                name="notice_has_one_recipient",
                condition=models.Q(staff__isnull=True) | models.Q(endpoint__isnull=True),
            ),
            models.CheckConstraint(
                name="notice_of_a_step_or_without_one",
                condition=models.Q(event=DIGEST, matter__isnull=True, step__isnull=True)
                | models.Q(event__in=_OF_NO_STEP, matter__isnull=False, step__isnull=True)
                | ~models.Q(event__in=[DIGEST, *_OF_NO_STEP])
                & models.Q(matter__isnull=False, step__isnull=False),
            ),
            models.CheckConstraint(
                name="waiting_notice_has_its_time",
                condition=models.Q(state="waiting", next_attempt_at__isnull=False)
                | ~models.Q(state="waiting") & models.Q(next_attempt_at__isnull=True),
            ),
        ]
        verbose_name = _("notice")
        verbose_name_plural = _("notices")

    def __str__(self) -> str:
        return self.delivery_key

    @property
    def about(self) -> Matter:
        """The matter of a notice that is about one. Raises ``ValueError`` for a digest."""
        if self.matter is None:
            raise ValueError("a digest is about no matter in particular")
        return self.matter


class Delivery(Row):
    """One try to deliver a notice, and what came of it. Append-only."""

    class Outcome(models.TextChoices):
        DELIVERED = "delivered", _("delivered")
        FAILED = "failed", _("failed")

    outbox = models.ForeignKey(Outbox, models.PROTECT, related_name="deliveries")
    # Counts the tries; a number is missing when a dispatcher died before it could record its try.
    number = models.PositiveIntegerField(_("try"))
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome)
    # Why it failed, in our own words: never what the other side sent.
    error = models.CharField(_("error"), max_length=100, blank=True)
    status_code = models.PositiveSmallIntegerField(_("status code"), null=True)
    started_at = models.DateTimeField(_("started"))
    finished_at = models.DateTimeField(_("finished"))
    arrived_at = models.DateTimeField(_("arrived"), null=True)
    # From acceptance, or from when the channel was to be used, to arrival; in milliseconds.
    delay_ms = models.PositiveBigIntegerField(_("delay in ms"), null=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["outbox", "number"], name="one_delivery_a_try"),
        ]
        indexes = [
            models.Index(
                fields=["arrived_at"],
                condition=models.Q(arrived_at__isnull=False),
                name="arrivals_of_a_period",
            ),
        ]
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")


class Receipt(Row):
    """What the other side said later of a notice it had taken. Append-only, once a kind."""

    class Kind(models.TextChoices):
        ARRIVED = "arrived", _("arrived")
        READ = "read", _("read")
        LOST = "lost", _("could not be handed over")

    outbox = models.ForeignKey(Outbox, models.PROTECT, related_name="receipts")
    kind = models.CharField(_("receipt"), max_length=10, choices=Kind)
    at = models.DateTimeField(_("at"))
    # A few words of ours, such as what a status code means.
    detail = models.CharField(_("detail"), max_length=100, blank=True)

    class Meta:
        ordering = ["at"]
        constraints = [
            models.UniqueConstraint(fields=["outbox", "kind"], name="one_receipt_a_kind"),
        ]
        verbose_name = _("receipt")
        verbose_name_plural = _("receipts")


class Circuit(models.Model):
    """How a transport, or one endpoint of it, has been doing: one that failed again and again is
    left alone for a while, and what is for it waits without losing tries.

    Closed while ``open_until`` is null. From ``open_until`` on one notice may try its luck.
    """

    # The transport's code, or code and endpoint.
    key = models.CharField(_("name"), max_length=60, primary_key=True)
    transport = models.CharField(_("transport"), max_length=20)
    endpoint = models.ForeignKey(
        WebhookEndpoint, models.CASCADE, null=True, related_name="+", verbose_name=_("endpoint")
    )
    # In a row, since the last success.
    failures = models.PositiveIntegerField(_("failures in a row"), default=0)
    # How often in a row it was opened; the pause grows with it.
    trips = models.PositiveIntegerField(_("pauses in a row"), default=0)
    opened_at = models.DateTimeField(_("paused since"), null=True)
    open_until = models.DateTimeField(_("next try"), null=True)
    # A notice is under way to see whether it works again; nobody else tries before this.
    probing_until = models.DateTimeField(null=True)
    last_error = models.CharField(_("last error"), max_length=100, blank=True)
    last_failed_at = models.DateTimeField(_("last failure"), null=True)

    class Meta:
        ordering = ["key"]
        verbose_name = _("state of a transport")
        verbose_name_plural = _("states of transports")

    def __str__(self) -> str:
        return self.key


class Digest(Row):
    """What one working day holds for one member of staff; at most one a person and day."""

    staff = models.ForeignKey(Staff, models.PROTECT, related_name="digests")
    day = models.DateField(_("day"))
    due_today = models.PositiveIntegerField(_("due today"))
    late = models.PositiveIntegerField(_("late"))
    to_decide = models.PositiveIntegerField(_("waiting for a decision"))
    # Null on a day that holds nothing: nobody is told that there is nothing to say.
    outbox = models.OneToOneField(Outbox, models.PROTECT, null=True, related_name="digest")

    class Meta:
        ordering = ["-day"]
        constraints = [
            models.UniqueConstraint(fields=["staff", "day"], name="one_digest_a_day"),
        ]
        verbose_name = _("daily digest")
        verbose_name_plural = _("daily digests")


class Template(Row):
    """How a notice is worded here, in place of the words that come with the software.

    Append-only: the newest version of an event, audience, form and language holds, and one without
    text brings back what came with the software.
    """

    class Form(models.TextChoices):
        TITLE = "title", _("title")
        SHORT = "short", _("one sentence")
        LONG = "long", _("letter")

    class Language(models.TextChoices):
        CHINESE = "zh-hans", "中文"
        ENGLISH = "en", "English"

    event = models.CharField(_("event"), max_length=24, choices=SUBJECTS)
    # A party of the transition table; blank for whoever of the staff is told.
    audience = models.CharField(_("told as"), max_length=14, choices=Party, blank=True)
    form = models.CharField(_("form"), max_length=6, choices=Form)
    language = models.CharField(_("language"), max_length=10, choices=Language)
    version = models.PositiveIntegerField(_("version"))
    text = models.TextField(_("text"), blank=True, max_length=1000)
    author = models.ForeignKey(
        Staff, models.PROTECT, related_name="+", verbose_name=_("written by")
    )
    created_at = models.DateTimeField(_("written"))

    class Meta:
        ordering = ["event", "audience", "form", "language", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["event", "audience", "form", "language", "version"],
                name="one_template_a_version",
            ),
        ]
        verbose_name = _("wording")
        verbose_name_plural = _("wordings")

    def __str__(self) -> str:
        return f"{self.event} {self.audience} {self.form} {self.language} v{self.version}"


class FirstArrival(Row):
    """The moment a matter first reached a person by a transport, whoever was the fastest."""

    matter = models.ForeignKey(Matter, models.PROTECT, related_name="first_arrivals")
    transport = models.CharField(max_length=20, default=names.INBOX)
    delivery = models.OneToOneField(Delivery, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["matter", "transport"], name="one_first_arrival_a_transport"
            ),
        ]


class InboxCounter(models.Model):
    """The number of the last item in somebody's inbox.

    The row is locked until the item is committed, so that numbers become visible in their order:
    whoever has seen number 7 has seen all up to 7. A sequence of the database gives no such
    promise, and a push would lose what was committed late.
    """

    staff = models.OneToOneField(Staff, models.CASCADE, primary_key=True, related_name="+")
    last = models.PositiveBigIntegerField(default=0)


class InboxItem(Row):
    """A notice in somebody's inbox on the desk; exactly one for each outbox row."""

    staff = models.ForeignKey(Staff, models.PROTECT, related_name="inbox_items")
    # 1, 2, 3 … for each member of staff; the id of the live push.
    number = models.PositiveBigIntegerField()
    outbox = models.OneToOneField(Outbox, models.PROTECT, related_name="inbox_item")
    arrived_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["staff", "number"], name="one_item_a_number"),
        ]
        indexes = [
            models.Index(
                fields=["staff"], condition=models.Q(read_at__isnull=True), name="unread_items"
            ),
        ]


class RelayAttempt(Row):
    """A call or message that the relay was asked for; the number stays with the relay."""

    class Outcome(models.TextChoices):
        ASKED = "asked", _("asked for")
        PLACED = "placed", _("placed")
        FAILED = "failed", _("failed")
        # A message, as the receipts of its parts say.
        ARRIVED = "arrived", _("arrived on the phone")
        LOST = "lost", _("did not arrive")
        # A call, as the telephony provider reports.
        RINGING = "ringing", _("ringing")
        ANSWERED = "answered", _("answered")
        NO_ANSWER = "no_answer", _("no answer")
        BUSY = "busy", _("busy")
        UNAVAILABLE = "unavailable", _("number not available")

    matter = models.ForeignKey(Matter, models.PROTECT, related_name="relay_attempts")
    means = models.CharField(max_length=8, choices=ContactAttempt.Means)
    # What the relay calls it; contact attempts name it.
    reference = models.CharField(max_length=40, blank=True)
    at = models.DateTimeField()
    # Who asked for it; null when the platform itself tells the citizen.
    staff = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    outcome = models.CharField(max_length=12, choices=Outcome)
    # How long an answered call took.
    seconds = models.PositiveIntegerField(null=True)
    # What was sent, stored before it was: nothing that reached somebody is off record.
    message = models.TextField(blank=True)

    class Meta:
        ordering = ["at"]
        indexes = [
            models.Index(fields=["reference"], name="relay_attempt_by_reference"),
        ]


# The tables of text messages stand in their own file and belong to this app like the others.
from huiyin.notices.sms.models import (  # noqa: E402
    Conversation,
    DeliveryReceipt,
    InboundSms,
    SentPart,
    SmsFragment,
)

__all__ = ["Conversation", "DeliveryReceipt", "InboundSms", "SentPart", "SmsFragment"]
