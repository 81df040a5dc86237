"""Existing systems that speak to us in their own dialect, and what is kept beside their events."""

from __future__ import annotations

from django.core.validators import (
    MaxValueValidator,
    MinValueValidator,
    RegexValidator,
    URLValidator,
)
from django.db import models
from django.utils.translation import gettext_lazy as _

from huiyin.dialects import traits
from huiyin.directory.models import Organisation, Region
from huiyin.kernel.models import Row
from huiyin.reviews.models import Integrator, ServiceEvent

DEFAULT_WINDOW_MINUTES = 15


class GatewayClient(Row):
    """One existing system and the dialect it speaks. Its events are those of ``integrator``, whose
    own key nobody has."""

    integrator = models.OneToOneField(
        Integrator, models.PROTECT, related_name="gateway", verbose_name=_("integrator")
    )
    dialect = models.CharField(
        _("dialect"), max_length=12, choices=[(one.name, one.title) for one in traits.ALL]
    )
    # appMark, or whatever the dialect calls the name of the sending system.
    app_mark = models.CharField(
        _("application mark"),
        max_length=100,
        validators=[RegexValidator(r"^[A-Za-z0-9._:-]+$")],
        help_text=_("How the system names itself in its requests (appMark)."),
    )
    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        related_name="+",
        verbose_name=_("organisation that answers for it"),
        help_text=_("Reviews that the system brings are kept apart under this name."),
    )
    secrets_sealed = models.BinaryField(editable=False)
    window_minutes = models.PositiveSmallIntegerField(
        _("minutes its clock may differ"),
        default=DEFAULT_WINDOW_MINUTES,
        validators=[MinValueValidator(1), MaxValueValidator(120)],
    )
    # What places do differently and no standard settles: see the reply of each dialect.
    success_code = models.CharField(
        _("code of success"),
        max_length=20,
        blank=True,
        help_text=_("What the system takes for success, where its dialect leaves that open."),
    )
    replies_in_json = models.BooleanField(
        _("answers in JSON"),
        default=False,
        help_text=_("Only for Fujian: answers are XML otherwise."),
    )
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dialect", "app_mark"], name="one_client_a_mark"),
        ]
        verbose_name = _("gateway client")
        verbose_name_plural = _("gateway clients")

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return self.integrator.name

    @property
    def region(self) -> Region:
        return self.integrator.region


class SeenRequest(Row):
    """That a signed request came, for as long as its time would be believed again."""

    client = models.ForeignKey(GatewayClient, models.CASCADE, related_name="+", db_index=False)
    nonce_hash = models.BinaryField(max_length=32)
    content_hash = models.BinaryField(max_length=32)
    at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "nonce_hash"], name="one_request_a_sign"),
        ]


class Quarantined(Row):
    """Fields of an event or review that we have no place for, with their values: sealed, and erased
    with the person they may be about."""

    client = models.ForeignKey(
        GatewayClient, models.PROTECT, related_name="+", verbose_name=_("gateway client")
    )
    event = models.ForeignKey(ServiceEvent, models.PROTECT, related_name="+")
    # What looks like a name of a field; what does not stands only in the sealed part.
    names = models.JSONField(_("fields"), default=list)
    sealed = models.BinaryField()
    # A keyed hash of what is sealed: the same that comes again is kept once.
    digest = models.BinaryField(max_length=32)
    at = models.DateTimeField(_("received at"))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event", "digest"], name="one_quarantine_a_content"),
        ]
        verbose_name = _("unknown fields")
        verbose_name_plural = _("unknown fields")


class UpwardPlatform(Row):
    """A platform above, to which the reviews and rectifications of a region are reported."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("region"))
    address = models.CharField(
        _("address"), max_length=300, validators=[URLValidator(schemes=["http", "https"])]
    )
    app_mark = models.CharField(_("application mark"), max_length=100)
    # Their appWord and public key.
    secrets_sealed = models.BinaryField(editable=False)
    # 1 and the two digits of the province.
    data_source = models.CharField(
        _("data source"),
        max_length=3,
        validators=[RegexValidator(r"^1[1-9][0-9]$")],
        help_text=_("1 and the two digits of the province, such as 133 for Zhejiang."),
    )
    active = models.BooleanField(_("active"), default=True)
    # What came before is not reported.
    since = models.DateTimeField(_("reports what came since"))
    # Up to when everything that is to be reported has been looked for.
    looked_until = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("platform above")
        verbose_name_plural = _("platforms above")

    def __str__(self) -> str:
        return self.name


class UpwardReport(Row):
    """One review or rectification on its way up: where it stands, and what was answered.

    Nothing counts as reported until the platform above has said so.
    """

    class Kind(models.TextChoices):
        REVIEW = "review", _("review")
        RECTIFICATION = "rectification", _("rectification")

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting to be sent")
        ACKNOWLEDGED = "acknowledged", _("acknowledged")
        REFUSED = "refused", _("refused by the platform above")
        WITHHELD = "withheld", _("withheld here")

    platform = models.ForeignKey(
        UpwardPlatform, models.PROTECT, related_name="reports", verbose_name=_("platform above")
    )
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="+", verbose_name=_("organisation")
    )
    kind = models.CharField(_("kind of report"), max_length=13, choices=Kind)
    # The key of the review or matter; a matter is reported once for each round.
    subject_id = models.UUIDField()
    round = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.WAITING)
    planned_at = models.DateTimeField(_("planned at"))
    # When to try next, or until when somebody is trying; null once it is settled.
    due_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    last_sent_at = models.DateTimeField(_("last sent at"), null=True)
    answered_at = models.DateTimeField(_("answered at"), null=True)
    # Why it waits still, was refused or withheld. What the other side said is cut, not believed.
    reason = models.CharField(_("reason given"), max_length=300, blank=True)
    # Of what was sent last: whether what would be sent today is still the same.
    content_hash = models.BinaryField(max_length=32, null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["platform", "kind", "subject_id", "round"], name="one_report_a_subject"
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=models.Q(due_at__isnull=False),
                name="upward_reports_due",
            ),
            models.Index(fields=["platform", "state", "planned_at"], name="upward_by_state"),
        ]
        verbose_name = _("report upward")
        verbose_name_plural = _("reports upward")
