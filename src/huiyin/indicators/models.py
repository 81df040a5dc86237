"""The public roll-ups: sums over sealed epochs, and which epochs are in them."""

from __future__ import annotations

from django.db import models

from huiyin.kernel.models import Row
from huiyin.log.models import Epoch


class Tally(models.Model):
    """How often something happened: the sum that the log's entries make, nothing else.

    Organisation and region are the codes that the entries carry, not links to the directory: what
    was counted stays where it happened when bodies move or merge.
    """

    organisation = models.CharField(max_length=18)
    region = models.CharField(max_length=12)
    day = models.DateField()
    metric = models.CharField(max_length=12)
    # Level, in time or not, milliseconds: see ``fold.Metric``.
    value = models.BigIntegerField()
    channel = models.CharField(max_length=14, blank=True)
    trust = models.CharField(max_length=8, blank=True)
    amount = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "day", "metric", "value", "region", "channel", "trust"],
                name="one_tally_a_key",
            ),
        ]
        indexes = [models.Index(fields=["day"], name="tallies_of_a_period")]


class FoldedEpoch(Row):
    """A sealed epoch that the tallies contain; written together with them."""

    epoch = models.OneToOneField(Epoch, models.PROTECT, related_name="folded")
    folded_at = models.DateTimeField()


class WaitingShare(models.Model):
    """Reviews of sealed epochs that no breakdown shows yet, because they are too few.

    Of one unit in one region and month, by one dimension. ``level`` is negative for reviews that a
    ruling voided.
    """

    organisation = models.CharField(max_length=18)
    region = models.CharField(max_length=12)
    month = models.DateField()
    dimension = models.CharField(max_length=8)
    member = models.CharField(max_length=40, blank=True)
    level = models.SmallIntegerField()
    amount = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "month", "region", "dimension", "member", "level"],
                name="one_waiting_share_a_key",
            ),
        ]


class Slice(models.Model):
    """Released reviews of a place and month, by one dimension of theirs.

    Besides the five levels there are sums of them, so that no reader has to add up all members.
    """

    ALL_LEVELS = 0  # of a member
    ALL_MEMBERS = -1  # and levels; ``member`` is empty

    class Scope(models.TextChoices):
        REGION = "region"  # with all regions in it
        BODY = "body"  # an organisation with all below it

    scope = models.CharField(max_length=6, choices=Scope)
    code = models.CharField(max_length=18)
    month = models.DateField()
    dimension = models.CharField(max_length=8)
    member = models.CharField(max_length=40, blank=True)
    level = models.SmallIntegerField()
    amount = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["scope", "code", "dimension", "month", "member", "level"],
                name="one_slice_a_key",
            ),
        ]
        indexes = [
            models.Index(
                fields=["scope", "code", "dimension", "month", "-amount"],
                name="largest_members_of_a_slice",
                condition=models.Q(level=0),
            )
        ]
