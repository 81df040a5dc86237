"""Devices that citizens rate on: tablets and keys at a counter, self-service terminals."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from huiyin.directory.models import Counter, Organisation, Staff
from huiyin.kernel.models import Row
from huiyin.matters.models import Matter
from huiyin.reviews.models import Integrator, Level, Place, ServiceEvent

STORED_WITHIN_SECONDS = 5


class KeyLayout(Row):
    """Which level each key of a model of device stands for: makers number them as they like."""

    model = models.CharField(_("model"), max_length=80, unique=True)
    # {"3": 5, "2": 4, …}: what the device sends, as text, and the level it means.
    levels = models.JSONField(
        _("levels by key"),
        help_text=_(
            'What the device sends, and the level from 5 to 1 that it means: {"3": 5, "2": 4}'
        ),
    )

    class Meta:
        ordering = ["model"]
        verbose_name = _("key layout")
        verbose_name_plural = _("key layouts")

    def __str__(self) -> str:
        return self.model

    def clean(self) -> None:
        levels = self.levels
        if (
            not isinstance(levels, dict)
            or not levels
            or any(not key or len(key) > 20 for key in levels)
            # True would pass for 1.
            or any(type(level) is not int or level not in Level.values for level in levels.values())
            or len(set(levels.values())) != len(levels)
        ):
            raise ValidationError(
                {"levels": _("Each key needs a level of its own, a number from 1 to 5.")}
            )

    def level_of(self, key: str) -> int | None:
        """The level that ``key`` stands for."""
        level: int | None = self.levels.get(key)
        return level


class Device(Row):
    """A device that was registered by staff. What it may do ends with ``revoked_at``."""

    class Kind(models.TextChoices):
        COUNTER_DEVICE = "counter_device", _("device at the counter")
        KIOSK = "kiosk", _("self-service terminal")

    kind = models.CharField(_("kind"), max_length=14, choices=Kind)
    name = models.CharField(_("name"), max_length=60)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="+", verbose_name=_("organisation")
    )
    counter = models.ForeignKey(
        Counter, models.PROTECT, null=True, related_name="+", verbose_name=_("counter")
    )
    # Of a terminal, where nobody knows which service was used: the place that is rated there.
    place = models.OneToOneField(
        Place, models.PROTECT, null=True, related_name="device", verbose_name=_("place")
    )
    # Of a device that has keys and no page.
    layout = models.ForeignKey(
        KeyLayout, models.PROTECT, null=True, related_name="+", verbose_name=_("key layout")
    )
    # A keyed hash of the pairing code, and until when it is good; none once it was used.
    code_hash = models.BinaryField(max_length=32, null=True, unique=True)
    code_until = models.DateTimeField(null=True)
    # A keyed hash of the key that the device shows with each request, given to it when it paired.
    key_hash = models.BinaryField(max_length=32, null=True, unique=True)
    # With which it signs what it stores while the network is away: P-256, uncompressed point.
    public_key = models.BinaryField(max_length=65, null=True)
    registered_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    registered_at = models.DateTimeField()
    paired_at = models.DateTimeField(_("paired at"), null=True)
    # Moves once a minute at most.
    last_seen_at = models.DateTimeField(_("last seen"), null=True)
    software = models.CharField(_("software"), max_length=40, blank=True)
    # As the device says: ratings that wait on it, and that it could not deliver in time.
    waiting = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    revoked_at = models.DateTimeField(_("revoked at"), null=True)
    revoked_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["organisation", "name", "id"]
        verbose_name = _("device")
        verbose_name_plural = _("devices")

    def __str__(self) -> str:
        return self.name


class Wake(Row):
    """That a device at the counter was asked to show the five faces for one service.

    Whether that service was then rated is never written here: a device that nobody touches leaves
    this row and nothing else.
    """

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    device = models.ForeignKey(Device, models.PROTECT, related_name="wakes", db_index=False)
    event = models.ForeignKey(ServiceEvent, models.PROTECT, related_name="+", db_index=False)
    integrator = models.ForeignKey(Integrator, models.PROTECT, related_name="+")
    woken_at = models.DateTimeField()
    # When it was asked for last: the device shows what was asked for last.
    asked_at = models.DateTimeField()
    # Until then the citizen may begin; who has begun may finish until ``closes_at``.
    window_ends_at = models.DateTimeField()
    closes_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["device", "-asked_at"], name="wakes_of_a_device"),
            models.Index(fields=["event", "-woken_at"], name="wakes_of_an_event"),
        ]

    @property
    def told_at(self) -> datetime:
        """From when on the counter's software is told whether there is a rating; the same moment
        whatever the citizen did, so that it tells nothing. Later than ``closes_at``, so that what
        came in at the last instant is stored by then."""
        return self.closes_at + timedelta(seconds=STORED_WITHIN_SECONDS)


class DetailRequest(Row):
    """That a citizen who gave a bad rating without details is asked for them, once."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        SENT = "sent", _("sent")
        # No number, contact ended, opted out, no gateway, or tried in vain.
        NOT_SENT = "not_sent", _("not sent")

    matter = models.OneToOneField(Matter, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["next_try_at"],
                condition=models.Q(state="waiting"),
                name="details_to_ask_for",
            )
        ]
