"""What those above a unit look at: where bad reviews come from, and faults that come back.

Roll-ups of the matters, a few seconds behind them. Only bad reviews are counted, each of which the
reader may see anyway; what good ones say is known from sealed epochs alone.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from huiyin.directory.models import Organisation
from huiyin.kernel.models import Row
from huiyin.matters.models import Matter, Step


class UnfoldedStep(models.Model):
    """A step that the roll-ups do not contain yet; written in the step's own transaction."""

    step = models.OneToOneField(Step, models.CASCADE, primary_key=True, related_name="+")


class Dimension(models.TextChoices):
    """By what bad reviews are counted."""

    ALL = "all", _("all")
    ITEM = "item", _("service item")
    CHANNEL = "channel", _("channel")
    TAG = "tag", _("what citizens chose")
    COUNTER = "counter", _("counter")


class Tally(models.Model):
    """How many bad reviews a place got on a day, by one dimension at a time.

    A place is a region with all in it, or a body with all below it: a review counts at each of the
    places it belongs to, so that a province reads as few rows as a county.
    """

    # A region's 12-digit code, or a body's key in hex.
    place = models.CharField(max_length=32)
    dimension = models.CharField(max_length=8, choices=Dimension)
    day = models.DateField()
    # An item's name, a channel, a tag's code, a counter; empty for what is unknown or hidden.
    value = models.CharField(max_length=260, blank=True)
    amount = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["place", "dimension", "day", "value"], name="one_bad_tally_a_key"
            ),
        ]


class DelayTally(models.Model):
    """How many new matters took so long to arrive by a transport, by the day they arrived."""

    transport = models.CharField(max_length=20)
    day = models.DateField()
    # Milliseconds from the acceptance of the review, rounded up to two digits.
    value = models.BigIntegerField()
    amount = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["day", "transport", "value"], name="one_delay_a_key"),
        ]


class Fault(Row):
    """What a unit once said to have solved: a cause in a service item, or a tag citizens chose.

    ``times`` counts the matters about the same that came after it.
    """

    class Basis(models.TextChoices):
        CAUSE = "cause", _("same service item and root cause")
        TAG = "tag", _("same complaint at the same unit")

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    basis = models.CharField(max_length=5, choices=Basis)
    # Of a cause: the service item. Empty for a tag.
    item_code = models.CharField(max_length=33, blank=True)
    item_name = models.CharField(max_length=200, blank=True)
    # A root cause, or a tag's code.
    value = models.CharField(max_length=12)
    first_solved_at = models.DateTimeField()
    last_solved_at = models.DateTimeField()
    times = models.PositiveIntegerField(default=0)
    first_again_at = models.DateTimeField(null=True)
    last_again_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "basis", "item_code", "value"], name="one_fault_a_key"
            ),
        ]
        indexes = [
            models.Index(
                fields=["last_again_at"],
                condition=models.Q(times__gt=0),
                name="faults_that_came_back",
            ),
            models.Index(
                fields=["times", "id"],
                condition=models.Q(times__gt=0),
                name="faults_by_how_often",
            ),
        ]


class FaultMatter(Row):
    """A matter about a fault: one that was answered as solved, one that came after it, or both."""

    fault = models.ForeignKey(Fault, models.CASCADE, related_name="links")
    matter = models.ForeignKey(Matter, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    again = models.BooleanField(default=False)
    solved_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["fault", "matter"], name="one_link_a_fault_and_matter"),
        ]
        indexes = [models.Index(fields=["fault", "opened_at"], name="matters_of_a_fault")]
