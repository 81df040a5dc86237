"""申诉 and 裁定: what somebody objected to, what both sides said, and what an arbiter decided.

All of it is append-only (database triggers). That an appeal is decided is that it has a ruling.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from huiyin.directory.models import Organisation, Staff
from huiyin.kernel import clock
from huiyin.kernel.models import Row
from huiyin.matters.models import Matter


class Side(models.TextChoices):
    UNIT = "unit", _("unit")
    CITIZEN = "citizen", _("citizen")


class Ground(models.TextChoices):
    """What is objected to: a review, by its unit; or a rectification, by the citizen."""

    MALICIOUS = "malicious", _("malicious review")
    FAKE = "fake", _("fake review")
    MISTAKEN = "mistaken", _("another unit was meant")
    WRONG_LEVEL = "wrong_level", _("wrong level pressed")
    FAKE_RECTIFICATION = "fake_rectification", _("rectification only pretended")


UNIT_GROUNDS = (Ground.MALICIOUS, Ground.FAKE, Ground.MISTAKEN, Ground.WRONG_LEVEL)


class Effect(models.TextChoices):
    """What follows from a ruling. A voided review stays, visible as voided."""

    VOIDED = "voided", _("the review is voided")
    REDIRECTED = "redirected", _("the matter goes to the right unit")
    RECORDED = "recorded", _("recorded; figures and review stay")
    NONE = "none", _("nothing changes")


# What may follow when an appeal is upheld, the usual first; a dismissed one has no effect.
EFFECTS: dict[str, tuple[Effect, ...]] = {
    Ground.MALICIOUS: (Effect.VOIDED,),
    Ground.FAKE: (Effect.VOIDED,),
    Ground.MISTAKEN: (Effect.REDIRECTED, Effect.VOIDED, Effect.RECORDED),
    Ground.WRONG_LEVEL: (Effect.VOIDED,),
    Ground.FAKE_RECTIFICATION: (Effect.RECORDED,),
}


class Appeal(Row):
    """申诉: an objection that an arbiter has to rule on."""

    matter = models.ForeignKey(
        Matter, models.PROTECT, related_name="appeals", verbose_name=_("matter")
    )
    # The unit that appeals, or whose rectification is objected to.
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="+", verbose_name=_("organisation")
    )
    side = models.CharField(_("side"), max_length=8, choices=Side)
    ground = models.CharField(_("ground"), max_length=20, choices=Ground)
    statement = models.TextField()
    # Null: the citizen.
    filed_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    filed_at = models.DateTimeField(_("filed at"))
    # How long the other side has to speak, and by which calendar that was computed.
    hearing_until = models.DateTimeField()
    calendar_version = models.CharField(max_length=60)

    class Meta:
        ordering = ["filed_at"]
        indexes = [models.Index(fields=["ground", "filed_at"], name="appeals_by_ground")]
        verbose_name = _("appeal")
        verbose_name_plural = _("appeals")

    def __str__(self) -> str:
        return f"{self.matter} · {self.get_ground_display()}"

    @property
    def other_side(self) -> Side:
        return Side.CITIZEN if self.side == Side.UNIT else Side.UNIT

    @property
    def decided(self) -> bool:
        """Whether an arbiter has ruled; needs no query when the ruling is loaded."""
        return hasattr(self, "ruling")

    @property
    def other_side_heard(self) -> bool:
        """Whether who has to answer the claim has said something."""
        return any(said.side == self.other_side for said in self.statements.all())

    @property
    def still_hears(self) -> bool:
        """Whether the other side still has its time to speak."""
        return clock.now() < self.hearing_until


class AppealEvidence(Row):
    """A file that bears out what the unit claims, or a photograph of what the citizen saw."""

    appeal = models.ForeignKey(Appeal, models.PROTECT, related_name="evidence")
    place = models.PositiveSmallIntegerField()
    file = models.FileField(upload_to="appeals/%Y/%m")
    name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=60)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(fields=["appeal", "place"], name="one_evidence_a_place"),
        ]


class Statement(Row):
    """听取意见: what a side said while the appeal was open. Both sides read it, and the arbiter."""

    appeal = models.ForeignKey(Appeal, models.PROTECT, related_name="statements")
    side = models.CharField(max_length=8, choices=Side)
    text = models.TextField()
    # Null: the citizen.
    staff = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["at"]


class Ruling(Row):
    """裁定: an arbiter's decision, with its reasons."""

    appeal = models.OneToOneField(
        Appeal, models.PROTECT, related_name="ruling", verbose_name=_("appeal")
    )
    arbiter = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    # For whom the arbiter ruled: the public is told the body, not the person.
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="+", verbose_name=_("arbiter's organisation")
    )
    upheld = models.BooleanField(_("upheld"))
    effect = models.CharField(_("effect"), max_length=12, choices=Effect)
    # The right unit, when the matter was redirected.
    unit = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    reasons = models.TextField(_("reasons"))
    # Why the reasons are held back from the public: codes of ``screening.Finding``.
    held_back = models.JSONField(default=list)
    precedents = models.ManyToManyField("self", symmetrical=False, related_name="cited_by")
    at = models.DateTimeField(_("ruled at"))

    class Meta:
        ordering = ["-at"]
        indexes = [models.Index(fields=["at"], name="rulings_in_order")]
        constraints = [
            models.CheckConstraint(
                name="effect_of_an_upheld_appeal",
                condition=models.Q(upheld=True) ^ models.Q(effect="none"),
            ),
            models.CheckConstraint(
                name="redirected_to_a_unit",
                condition=models.Q(effect="redirected") ^ models.Q(unit__isnull=True),
            ),
        ]
        verbose_name = _("ruling")
        verbose_name_plural = _("rulings")

    def __str__(self) -> str:
        return str(self.appeal)
