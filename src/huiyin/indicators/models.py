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
