"""Existing systems that speak to us in their own dialect, and what is kept beside their events."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
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
