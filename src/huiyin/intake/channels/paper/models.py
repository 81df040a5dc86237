"""Ratings on paper: batches of forms, what was keyed of each by whom, and how differences ended.

What a citizen wrote stands here only until the batch is released; then the review has it, and it
can be erased there. That something was keyed, by whom, and what was ticked, stays.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from huiyin.directory.models import Organisation, Staff
from huiyin.kernel.models import Row
from huiyin.reviews.models import Level, Place


class Unusable(models.TextChoices):
    """Why a form is no review. It is counted, and nothing is invented for it."""

    NO_LEVEL = "no_level", _("no level is ticked")
    SEVERAL_LEVELS = "several_levels", _("several levels are ticked")
    NO_DETAIL = "no_detail", _("dissatisfied, with neither a tick nor a word why")
    ILLEGIBLE = "illegible", _("cannot be read")


class Batch(Row):
    """A pile of forms from one place and day, keyed and checked together."""

    class State(models.TextChoices):
        KEYING = "keying", _("being keyed")
        CHECKING = "checking", _("sample is keyed by a second person")
        SETTLING = "settling", _("differences are settled")
        READY = "ready", _("ready to be released")
        RELEASED = "released", pgettext_lazy("a batch", "released")

    code = models.CharField(_("code"), max_length=12, unique=True)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="+", verbose_name=_("organisation")
    )
    place = models.ForeignKey(Place, models.PROTECT, related_name="+", verbose_name=_("place"))
    day = models.DateField(_("day of the forms"))
    forms = models.PositiveSmallIntegerField(_("number of forms"))
    # The rules when it was opened: a change meanwhile is for later batches.
    sample_percent = models.PositiveSmallIntegerField()
    error_percent = models.PositiveSmallIntegerField()
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.KEYING)
    # Raised when the sample differed too much and all is keyed again.
    round = models.PositiveSmallIntegerField(default=1)
    opened_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(_("opened"))
    released_at = models.DateTimeField(_("released"), null=True)

    class Meta:
        ordering = ["-opened_at"]
        verbose_name = _("batch of paper forms")
        verbose_name_plural = _("batches of paper forms")

    def __str__(self) -> str:
        return self.code


class PaperForm(Row):
    """One form; its key is also that of the visit under which its review is given."""

    # As the batch's: a number is used once in an organisation.
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    batch = models.ForeignKey(Batch, models.PROTECT, related_name="sheets")
    number = models.CharField(_("form number"), max_length=40)
    scan = models.FileField(upload_to="paper/%Y/%m", blank=True)
    scan_name = models.CharField(max_length=220, blank=True)
    media_type = models.CharField(max_length=40, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    # The round in whose sample it is; 0: in none.
    sampled = models.PositiveSmallIntegerField(default=0)
    # A wrong number, taken back while the batch was keyed.
    removed_at = models.DateTimeField(null=True)
    given_at = models.DateTimeField(null=True)
    # Why the lane did not take it: the code of the problem.
    refusal = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "number"],
                condition=models.Q(removed_at__isnull=True),
                name="one_form_a_number",
            ),
        ]
        verbose_name = _("paper form")
        verbose_name_plural = _("paper forms")

    def __str__(self) -> str:
        return self.number


class Keying(Row):
    """What one person keyed of a form, or how a difference was settled. Append-only; of several by
    the first person in one round the last one holds."""

    class Stage(models.TextChoices):
        FIRST = "first", _("first entry")
        SECOND = "second", _("second entry")
        SETTLED = "settled", _("settled")

    form = models.ForeignKey(PaperForm, models.PROTECT, related_name="keyings")
    round = models.PositiveSmallIntegerField()
    stage = models.CharField(max_length=7, choices=Stage)
    by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    level = models.PositiveSmallIntegerField(null=True, choices=Level)
    tags = models.JSONField(default=list)
    unusable = models.CharField(max_length=14, choices=Unusable, blank=True)
    # Which fields the second entry has otherwise, in codes; of a settlement: why.
    differs = models.JSONField(default=list)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["form", "round", "stage"],
                condition=~models.Q(stage="first"),
                name="one_second_entry_a_round",
            ),
        ]


class KeyedWords(models.Model):
    """What stands on the form in the citizen's hand, sealed; gone when the batch is released."""

    keying = models.OneToOneField(
        Keying, models.CASCADE, primary_key=True, related_name="words", db_constraint=False
    )
    sealed = models.BinaryField()


class BatchAction(Row):
    """What was done with a batch, and by whom. Append-only."""

    class Verb(models.TextChoices):
        OPENED = "opened", pgettext_lazy("a batch", "opened")
        REMOVED = "removed", _("a wrong form number was taken back")
        SAMPLED = "sampled", _("keying finished, sample drawn")
        AGREED = "agreed", _("the sample agrees")
        DIFFERED = "differed", _("the sample differs, within the limit")
        AGAIN = "again", _("the sample differs too much: all is keyed again")
        SETTLED = "settled", _("a difference was settled")
        RELEASED = "released", pgettext_lazy("a batch", "released")

    batch = models.ForeignKey(Batch, models.PROTECT, related_name="actions")
    verb = models.CharField(max_length=8, choices=Verb)
    staff = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    # Counts and form numbers, never what stands on a form.
    detail = models.JSONField(default=dict)

    class Meta:
        ordering = ["pk"]
