"""The closed loop: matters, their steps, clocks, contacts, rectifications and replies.

Nothing here knows what opened a matter: kinds of matter register themselves (``kinds.py``).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from django.core.serializers.json import DjangoJSONEncoder
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from huiyin.calendars.arithmetic import Unit
from huiyin.directory.models import Organisation, Region, Staff
from huiyin.kernel import clock
from huiyin.kernel.models import Row
from huiyin.matters import kinds
from huiyin.matters.table import ClockKind, Event, Party, State

# Matters that no clock drives come after all that have one.
NEVER = datetime(9999, 1, 1, tzinfo=UTC)
# What arbiters have to do with; few of very many, under indexes of their own.
OF_ARBITERS = models.Q(round__gt=1) | models.Q(arbitrated=True)


class Policy(Row):
    """The rules of one jurisdiction for one kind of matter. Never edited: versions are added."""

    jurisdiction = models.ForeignKey(
        Region, models.PROTECT, related_name="+", verbose_name=_("jurisdiction")
    )
    kind = models.CharField(_("kind of matter"), max_length=30)
    version = models.PositiveIntegerField(_("version"), validators=[MinValueValidator(1)])
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    legal_basis = models.TextField(_("legal basis"))
    document = models.JSONField(_("rules"))

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["jurisdiction", "kind", "version"], name="one_policy_a_version"
            ),
        ]
        ordering = ["kind", "jurisdiction", "-version"]
        verbose_name = _("policy")
        verbose_name_plural = _("policies")

    def __str__(self) -> str:
        return f"{kinds.name_of(self.kind)} · {self.jurisdiction} · v{self.version}"

    @property
    def label(self) -> str:
        """How deadlines and log entries name this policy."""
        return f"{self.jurisdiction.code}/{self.kind}/{self.version}"


class ResultClass(models.TextChoices):
    """What came of a matter, as the unit says it."""

    SOLVED = "solved", _("solved")
    PLANNED = "planned", _("will be solved by a date")
    EXPLAINED = "explained", _("cannot be solved, with the legal reason")
    WITHDRAWN = "withdrawn", _("withdrawn by the citizen")
    VOIDED = "voided", _("voided by ruling")


class FollowUp(models.TextChoices):
    """Where the citizen's second say stands."""

    NOT_ASKED = "not_asked", _("not asked yet")
    ASKED = "asked", _("asked")
    ANSWERED = "answered", _("answered")
    DECLINED = "declined", _("declined")
    EXPIRED = "expired", _("not answered in time")
    # A voided review has nothing left to be followed up.
    NOT_OFFERED = "not_offered", _("not offered")


class Matter(Row):
    """差评件 and its kin: something an organisation has to put right for somebody.

    The row is where things stand; how they came to stand there is in the steps.
    """

    code = models.CharField(_("code"), max_length=12, unique=True)
    kind = models.CharField(_("kind of matter"), max_length=30)
    # What opened it, in the tables of its kind.
    subject_id = models.UUIDField()
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="matters", verbose_name=_("organisation")
    )
    policy = models.ForeignKey(Policy, models.PROTECT, related_name="+")
    state = models.CharField(_("state"), max_length=20, choices=State)
    # 1, and 2 once the follow-up reopened it.
    round = models.PositiveSmallIntegerField(_("round"), default=1)
    # The number of its last step; what an actor saw is compared with it.
    version = models.PositiveIntegerField(default=0)
    opened_at = models.DateTimeField(_("accepted"))
    # When the earliest running clock is due; null when none runs. Orders the inbox.
    next_due_at = models.DateTimeField(_("next due"), null=True)
    unreachable = models.BooleanField(default=False)
    # Who of the unit works on it; null: whoever is on duty.
    handler = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    # How often it went to another unit because it was the wrong one's.
    moves = models.PositiveSmallIntegerField(default=0)
    # The matter whose root cause and plan this one shares: several about one fault.
    improvement_of = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="joined_to", verbose_name=_("improvement")
    )
    # The unit has appealed, which it may once.
    appealed = models.BooleanField(default=False)
    # An arbiter is asked to rule, or has ruled: they may see the matter.
    arbitrated = models.BooleanField(default=False)
    # The citizen wants no more calls and messages.
    contact_ended_at = models.DateTimeField(null=True)
    result_class = models.CharField(max_length=10, choices=ResultClass, blank=True)
    told_at = models.DateTimeField(null=True)
    follow_up = models.CharField(max_length=12, choices=FollowUp, default=FollowUp.NOT_ASKED)
    # What the citizen says of the result: null until the citizen says something.
    confirmed = models.BooleanField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "kind", "subject_id"], name="one_matter_a_subject"
            ),
        ]
        indexes = [
            models.Index(
                fields=["organisation", "next_due_at"],
                condition=models.Q(closed_at__isnull=True),
                name="open_matters_by_due",
            ),
            # For those who see many organisations: a page of the desk's list reads no more than
            # itself.
            models.Index(
                Coalesce("next_due_at", models.Value(NEVER)),
                "id",
                condition=models.Q(closed_at__isnull=True),
                name="open_matters_as_listed",
            ),
            models.Index(
                fields=["state", "next_due_at"],
                condition=models.Q(closed_at__isnull=True),
                name="open_matters_by_state",
            ),
            models.Index(
                fields=["closed_at", "id"],
                condition=models.Q(closed_at__isnull=False),
                name="closed_matters_in_order",
            ),
            models.Index(
                fields=["organisation", "closed_at", "id"],
                condition=models.Q(closed_at__isnull=False),
                name="closed_matters_of_a_unit",
            ),
            # Thousands are due at the end of the same day: the key keeps them apart.
            models.Index(
                fields=["next_due_at", "id"],
                condition=models.Q(closed_at__isnull=True),
                name="open_matters_due_in_order",
            ),
            models.Index(
                Coalesce("next_due_at", models.Value(NEVER)),
                "id",
                condition=models.Q(closed_at__isnull=True) & OF_ARBITERS,
                name="open_matters_of_arbiters",
            ),
            models.Index(
                fields=["closed_at", "id"],
                condition=models.Q(closed_at__isnull=False) & OF_ARBITERS,
                name="closed_matters_of_arbiters",
            ),
            models.Index(
                fields=["state", "opened_at"],
                condition=models.Q(state__in=("returned", "unreachable_asked", "reply_drafted")),
                name="matters_to_decide",
            ),
            models.Index(fields=["kind", "subject_id"], name="matter_of_a_subject"),
        ]
        verbose_name = _("matter")
        verbose_name_plural = _("matters")

    def __str__(self) -> str:
        return self.code


class Step(Row):
    """One thing that happened to a matter. Append-only."""

    # Found by the unique key of its number.
    matter = models.ForeignKey(Matter, models.PROTECT, related_name="steps", db_index=False)
    number = models.PositiveIntegerField()
    event = models.CharField(max_length=24, choices=Event)
    state_after = models.CharField(max_length=20, choices=State)
    round = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    party = models.CharField(max_length=14, choices=Party)
    actor = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+", db_index=False)
    # What the step says: for those who may see the matter, not for the public.
    data = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    # Written together with the step, and nobody can delete it: the database need not look it up,
    # nor does anybody look for a step by it.
    entry = models.ForeignKey(
        "log.Entry", models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["matter", "number"], name="one_step_a_number"),
        ]
        indexes = [
            models.Index(
                fields=["actor", "matter"],
                condition=models.Q(event="recuse"),
                name="arbiters_who_stepped_back",
            ),
        ]
        ordering = ["number"]


class Clock(Row):
    """A deadline of a matter, with the versions of the rules it was computed by."""

    matter = models.ForeignKey(Matter, models.PROTECT, related_name="clocks")
    kind = models.CharField(max_length=14, choices=ClockKind)
    round = models.PositiveSmallIntegerField()
    amount = models.PositiveSmallIntegerField()
    unit = models.CharField(max_length=12)
    started_at = models.DateTimeField()
    warn_at = models.DateTimeField()
    due_at = models.DateTimeField()
    policy = models.ForeignKey(Policy, models.PROTECT, related_name="+", db_index=False)
    # Of each year it touches: the country's version and those of the regions, from the province.
    calendar_version = models.CharField(max_length=200)
    # The calendar of a year it touches was not yet announced.
    provisional = models.BooleanField(default=False)
    # Shares of the time at which reminders come, ascending.
    warnings = models.JSONField(default=list)
    # How many levels above the unit's head have been told that it is overdue.
    level = models.PositiveSmallIntegerField(default=0)
    # What ``due_at`` was counted with: so many units from then, and so many more by extension. The
    # same as ``amount`` from the start, until the clock has stood still.
    counted_from = models.DateTimeField()
    units = models.PositiveSmallIntegerField()
    extended_by = models.PositiveSmallIntegerField(default=0)
    # Since when it stands still.
    paused_at = models.DateTimeField(null=True)
    warned_at = models.DateTimeField(null=True)
    breached_at = models.DateTimeField(null=True)
    # The entry by which the public knows that it is overdue; null until there is one. Nobody can
    # delete an entry, and nobody looks for a clock by it.
    lateness = models.ForeignKey(
        "log.Entry",
        models.PROTECT,
        null=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    stopped_at = models.DateTimeField(null=True)
    # When the sweeper has to look at it next; null when there is nothing more to do.
    next_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["matter", "kind"],
                condition=models.Q(stopped_at__isnull=True),
                name="one_running_clock_a_kind",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_at"],
                condition=models.Q(next_at__isnull=False),
                name="clocks_to_sweep",
            ),
            models.Index(
                fields=["breached_at"],
                condition=models.Q(breached_at__isnull=False, lateness__isnull=True),
                name="lateness_to_record",
            ),
            # The kinds of which there are few: those of every matter are found by the matter.
            models.Index(
                fields=["kind", "due_at", "matter"],
                condition=models.Q(stopped_at__isnull=True, kind__in=("ruling", "supervision")),
                name="rulings_and_orders_due",
            ),
        ]
        ordering = ["due_at"]

    @property
    def last_day(self) -> date:
        """The local day at whose end, 24:00, the clock is due."""
        return clock.local(self.due_at - timedelta(microseconds=1)).date()

    @property
    def breached(self) -> bool:
        return self.breached_at is not None

    @property
    def in_time(self) -> bool | None:
        """Whether the step was done in time; None while the clock runs."""
        return None if self.stopped_at is None else self.stopped_at <= self.due_at


class Assignment(Row):
    """Which unit had a matter from when to when: the lead, and units that were asked to join in.

    The trail of a matter through the wrong units; ended, never deleted.
    """

    class Part(models.TextChoices):
        LEAD = "lead", _("leading unit")
        JOINT = "joint", _("joint unit")

    matter = models.ForeignKey(Matter, models.PROTECT, related_name="assignments")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    part = models.CharField(max_length=6, choices=Part)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["matter", "organisation"],
                condition=models.Q(until__isnull=True),
                name="one_part_a_unit",
            ),
            models.UniqueConstraint(
                fields=["matter"],
                condition=models.Q(until__isnull=True, part="lead"),
                name="one_leading_unit",
            ),
        ]
        indexes = [
            models.Index(
                fields=["organisation"],
                condition=models.Q(until__isnull=True, part="joint"),
                name="joint_matters_of_a_unit",
            ),
        ]
        ordering = ["since"]


class Concerned(Row):
    """A clerk whose own work a matter is about: sees it, and may state their side."""

    matter = models.ForeignKey(Matter, models.PROTECT, related_name="concerned")
    staff = models.ForeignKey(Staff, models.PROTECT, related_name="concerned_by")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["matter", "staff"], name="concerned_once"),
        ]


class Extension(Row):
    """延期: more time asked for, and what was decided. ``amount`` counts in the unit that the clock
    had when it was asked for."""

    matter = models.ForeignKey(Matter, models.PROTECT, related_name="extensions")
    round = models.PositiveSmallIntegerField()
    amount = models.PositiveSmallIntegerField()
    unit = models.CharField(max_length=12, default=Unit.NATURAL_DAY)
    reason = models.TextField()
    asked_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    # Null until it is decided.
    granted = models.BooleanField(null=True)
    decided_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    answer = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["matter", "round"],
                condition=models.Q(granted__isnull=True),
                name="one_extension_to_decide",
            ),
        ]
        ordering = ["asked_at"]


class SupervisionOrder(Row):
    """督办: what the level above demands of the unit, and the unit's answer."""

    matter = models.ForeignKey(Matter, models.PROTECT, related_name="orders")
    demand = models.TextField()
    given_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    given_at = models.DateTimeField()
    answer = models.TextField(blank=True)
    answered_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["matter"],
                condition=models.Q(answered_at__isnull=True),
                name="one_open_order",
            ),
        ]
        indexes = [models.Index(fields=["given_at", "id"], name="supervision_orders_in_order")]
        ordering = ["given_at"]


class Consequence(Row):
    """A consequence for staff that people decided on, with reason, term and right of appeal.

    The software proposes none. The person concerned may object once, until ``objection_until``.
    """

    matter = models.ForeignKey(Matter, models.PROTECT, related_name="consequences")
    staff = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    measure = models.CharField(max_length=200)
    reason = models.TextField()
    legal_basis = models.TextField()
    starts_on = models.DateField()
    ends_on = models.DateField()
    decided_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()
    objection_until = models.DateTimeField()
    objection = models.TextField(blank=True)
    objected_at = models.DateTimeField(null=True)
    # What came of the objection: null until somebody else decides.
    kept = models.BooleanField(null=True)
    answer = models.TextField(blank=True)
    answered_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="consequence_has_a_term",
                condition=models.Q(ends_on__gte=models.F("starts_on")),
            ),
        ]
        indexes = [models.Index(fields=["decided_at", "id"], name="consequences_in_order")]
        ordering = ["decided_at"]


class ContactAttempt(Row):
    """回访: an attempt to reach the citizen, through the relay. Append-only."""

    class Means(models.TextChoices):
        CALL = "call", _("call")
        MESSAGE = "message", _("message")

    class Outcome(models.TextChoices):
        REACHED = "reached", _("reached")
        NO_ANSWER = "no_answer", _("no answer")
        BUSY = "busy", _("busy")
        UNAVAILABLE = "unavailable", _("number not available")
        DECLINED = "declined", _("does not want to talk")
        SENT = "sent", _("message sent")

    matter = models.ForeignKey(Matter, models.PROTECT, related_name="contact_attempts")
    means = models.CharField(max_length=8, choices=Means)
    outcome = models.CharField(max_length=12, choices=Outcome)
    at = models.DateTimeField()
    staff = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    # What the relay calls this call or message.
    relay_reference = models.CharField(max_length=40)
    message = models.TextField(blank=True)
    note = models.TextField(blank=True)

    class Meta:
        ordering = ["at"]


class RootCause(models.TextChoices):
    PROCESS = "process", _("process")
    SYSTEM = "system", _("system")
    KNOWLEDGE = "knowledge", _("knowledge of the matter")
    ATTITUDE = "attitude", _("attitude")
    STAFFING = "staffing", _("staffing and workload")
    INFORMATION = "information", _("wrong or missing information")
    RULES = "rules", _("law or policy")
    NOT_FOUND = "not_found", _("no fault found")


class MeasureHead(models.TextChoices):
    TRAINING = "training", _("staff training")
    CLIMATE = "climate", _("working climate")
    APPRAISAL = "appraisal", _("appraisal")
    CARE = "care", _("staff care")
    PROCESS = "process", _("process change")
    SYSTEM = "system", _("system change")


class Rectification(Row):
    """整改: root cause, measures and a plan; one a round, by the unit in charge."""

    matter = models.ForeignKey(Matter, models.PROTECT, related_name="rectifications")
    round = models.PositiveSmallIntegerField()
    # Whose plan it is: after a ruling another unit plans anew in the same round.
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    root_cause = models.CharField(max_length=12, choices=RootCause)
    explanation = models.TextField()
    author = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["matter", "round", "organisation"], name="one_rectification_a_round"
            ),
        ]


class Measure(Row):
    rectification = models.ForeignKey(Rectification, models.PROTECT, related_name="measures")
    head = models.CharField(max_length=10, choices=MeasureHead)
    description = models.TextField()


class Milestone(Row):
    """倒排节点: what has to be done by when so that the deadline holds."""

    rectification = models.ForeignKey(Rectification, models.PROTECT, related_name="milestones")
    place = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=120)
    due_on = models.DateField()
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["place"]


class Evidence(Row):
    """A file that shows what was done. Append-only."""

    matter = models.ForeignKey(Matter, models.PROTECT, related_name="evidence")
    round = models.PositiveSmallIntegerField()
    file = models.FileField(upload_to="evidence/%Y/%m")
    name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=60)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    caption = models.CharField(max_length=200, blank=True)
    uploaded_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["at"]


class Reply(Row):
    """反馈: what the citizen is told. Append-only: a returned draft stays, a new one follows."""

    matter = models.ForeignKey(Matter, models.PROTECT, related_name="replies")
    round = models.PositiveSmallIntegerField()
    number = models.PositiveSmallIntegerField()
    text = models.TextField()
    result_class = models.CharField(max_length=10, choices=ResultClass)
    planned_for = models.DateField(null=True)
    legal_reason = models.TextField(blank=True)
    author = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["matter", "number"], name="one_reply_a_number"),
        ]
        ordering = ["number"]
