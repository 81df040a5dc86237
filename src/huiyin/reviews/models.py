"""好差评: cases and their service events, invitations, reviews and the tags they choose from."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from huiyin.directory.models import Counter, Organisation, Region, ServiceItem, Staff
from huiyin.kernel.models import Row

BAD_LEVELS = (1, 2)
# The kind of matter that a bad review opens.
KIND = "bad_review"


class Level(models.IntegerChoices):
    """Interface values; GB/T 39046-2020 table A.8 numbers them the other way round."""

    VERY_SATISFIED = 5, _("Very satisfied")
    SATISFIED = 4, _("Satisfied")
    FAIRLY_SATISFIED = 3, _("Fairly satisfied")
    DISSATISFIED = 2, _("Dissatisfied")
    VERY_DISSATISFIED = 1, _("Very dissatisfied")


class Channel(models.TextChoices):
    WEB = "web", _("website")
    MOBILE = "mobile", _("app or mini-program")
    QR = "qr", _("QR code")
    COUNTER_DEVICE = "counter_device", _("device at the counter")
    KIOSK = "kiosk", _("self-service terminal")
    HOTLINE = "hotline", _("hotline")
    SMS = "sms", _("SMS")
    PAPER = "paper", _("paper")


class Trust(models.TextChoices):
    """How sure it is that a citizen who was served gave the review."""

    VERIFIED = "verified", _("bound to one service")
    ON_SITE = "on_site", _("on site, no service known")
    # Written on paper by the citizen, typed in by staff: counted apart, in no headline figure.
    PAPER = "paper", _("on paper, typed in by staff")
    IMPORTED = "imported", _("imported")


class PlaceKind(models.TextChoices):
    """What stands or hangs at a place where citizens rate on the spot; each is a ``Channel``."""

    QR = Channel.QR.value, _("QR code")
    KIOSK = Channel.KIOSK.value, _("self-service terminal")
    COUNTER_DEVICE = Channel.COUNTER_DEVICE.value, _("device at the counter")
    PAPER = Channel.PAPER.value, _("paper forms")


class Integrator(Row):
    """A business system that may push service events for the organisations of a region."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name=_("region"))
    key_hash = models.BinaryField(max_length=32, unique=True, editable=False)
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("integrator")
        verbose_name_plural = _("integrators")

    def __str__(self) -> str:
        return self.name


class ChannelAdapter(Row):
    """A program that brings the reviews of one channel: citizens give them under their own tokens
    all the same."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    channel = models.CharField(_("channel"), max_length=14, choices=Channel)
    key_hash = models.BinaryField(max_length=32, unique=True, editable=False)
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("channel adapter")
        verbose_name_plural = _("channel adapters")

    def __str__(self) -> str:
        return self.name


class Case(Row):
    """办件: one application. Whatever names a person is sealed; only the relay opens it."""

    class Status(models.IntegerChoices):
        TO_BE_ACCEPTED = 1, _("to be accepted")
        IN_PROGRESS = 2, _("in progress")
        FINISHED = 3, _("finished")

    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="cases", verbose_name=_("organisation")
    )
    jurisdiction = models.CharField(_("jurisdiction"), max_length=12)
    project_no = models.CharField(_("case number"), max_length=50)
    item = models.ForeignKey(ServiceItem, models.PROTECT, null=True, related_name="cases")
    item_code = models.CharField(_("item code"), max_length=33)
    item_name = models.CharField(_("service item"), max_length=200)
    task_type = models.CharField(max_length=2)
    status = models.PositiveSmallIntegerField(_("status"), choices=Status)
    accepted_on = models.DateTimeField(_("accepted on"), null=True)
    finished_on = models.DateTimeField(_("finished on"), null=True)
    applicant_kind = models.CharField(max_length=2)
    identity_kind = models.CharField(max_length=3)
    title_sealed = models.BinaryField(null=True)
    name_sealed = models.BinaryField()
    identity_sealed = models.BinaryField()
    identity_hash = models.BinaryField(max_length=32)
    mobile_sealed = models.BinaryField()
    mobile_hash = models.BinaryField(max_length=32)
    agent_sealed = models.BinaryField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "jurisdiction", "project_no"], name="one_case_a_number"
            ),
        ]
        # Citizens and operators know nothing but the number.
        indexes = [models.Index(fields=["project_no"], name="case_by_number")]
        verbose_name = _("case")
        verbose_name_plural = _("cases")

    def __str__(self) -> str:
        return self.project_no

    @property
    def is_erased(self) -> bool:
        """Whether who it was about has been erased; ``erasure`` should be loaded."""
        return getattr(self, "erasure", None) is not None


class Place(Row):
    """Where citizens rate on the spot: a printed QR code, a terminal, a device, a stack of forms.

    What it is about never changes; another counter or service is another place.
    """

    kind = models.CharField(_("kind"), max_length=14, choices=PlaceKind)
    # The body that answers for the reviews; the hall may be another.
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="places", verbose_name=_("organisation")
    )
    counter = models.ForeignKey(
        Counter, models.PROTECT, null=True, related_name="places", verbose_name=_("counter")
    )
    item = models.ForeignKey(
        ServiceItem,
        models.PROTECT,
        null=True,
        related_name="places",
        verbose_name=_("service item"),
    )
    clerk = models.ForeignKey(
        Staff, models.PROTECT, null=True, related_name="+", verbose_name=_("clerk")
    )
    # What citizens read: “A01 Permits”. Also the name of the service when no item is named.
    label = models.CharField(_("label"), max_length=80)
    # In the addresses of its sheets.
    code = models.CharField(max_length=12, unique=True)
    # Of the sheets: raised when new ones are to be printed.
    version = models.PositiveIntegerField(_("version"), default=1)
    version_at = models.DateTimeField(_("version of"))
    # Until when the sheets of the version before still lead to the form.
    old_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(_("revoked at"), null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(version__gte=1), name="versions_from_1"),
        ]
        verbose_name = _("place for rating on the spot")
        verbose_name_plural = _("places for rating on the spot")

    def __str__(self) -> str:
        return self.label


class PlaceChange(Row):
    """That a place was put up, got new sheets or was taken away, and by whom. Append-only."""

    class What(models.TextChoices):
        ADDED = "added", _("put up")
        ROTATED = "rotated", _("new sheets")
        REVOKED = "revoked", _("taken away")

    place = models.ForeignKey(Place, models.PROTECT, related_name="changes")
    what = models.CharField(max_length=8, choices=What)
    # Of the sheets, after it.
    version = models.PositiveIntegerField()
    at = models.DateTimeField()
    # None: a program or a command of the operator.
    by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")


class PlaceReport(Row):
    """Somebody scanned a sheet and was told another place than where they stood: it may hang at the
    wrong counter. Kept until somebody in charge has looked after it."""

    place = models.ForeignKey(Place, models.PROTECT, related_name="reports")
    # Of the sheet.
    version = models.PositiveIntegerField()
    # Where they say that they are, in their words or by a label that they chose.
    where = models.CharField(_("where"), max_length=80, blank=True)
    at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = [
            models.Index(
                fields=["place"], condition=models.Q(settled_at__isnull=True), name="open_reports"
            )
        ]


class ServiceEvent(Row):
    """One service within a case (advice, application, payment, delivery). Reviews hang on this.

    An on-site review has one too, which came into being with it and knows no case, only the place;
    no figure counts it among the services.
    """

    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="events", verbose_name=_("organisation")
    )
    case = models.ForeignKey(Case, models.PROTECT, null=True, related_name="events")
    place = models.ForeignKey(
        Place, models.PROTECT, null=True, related_name="events", verbose_name=_("place")
    )
    # 0: on site.
    service_number = models.PositiveSmallIntegerField(_("service number"))
    # On site, where there is no case that says it: what the place is about.
    node_name = models.CharField(_("service"), max_length=200, blank=True)
    # As the business system claims; acceptance is by our own clock.
    occurred_at = models.DateTimeField(_("served at"))
    accepted_at = models.DateTimeField(_("received at"))
    online = models.BooleanField(_("online"))
    hall_name = models.CharField(_("service hall"), max_length=100, blank=True)
    counter = models.ForeignKey(Counter, models.PROTECT, null=True, related_name="events")
    counter_number = models.CharField(_("counter"), max_length=20, blank=True)
    # [{"login": …, "name": …}]: who served, for the unit's own eyes.
    clerks = models.JSONField(default=list)
    integrator = models.ForeignKey(
        Integrator, models.PROTECT, null=True, related_name="+", verbose_name=_("integrator")
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "case", "service_number"], name="one_event_a_number"
            ),
            models.CheckConstraint(
                condition=models.Q(case__isnull=False, integrator__isnull=False, place__isnull=True)
                | models.Q(case__isnull=True, integrator__isnull=True, place__isnull=False),
                name="pushed_or_on_site",
            ),
        ]
        verbose_name = _("service event")
        verbose_name_plural = _("service events")

    def __str__(self) -> str:
        return f"{self.organisation} · {self.node_name or self.service_number}"

    @property
    def item_code(self) -> str:
        """The code of what was applied for; empty on site, where the place names none."""
        if self.case:
            return self.case.item_code
        item = self.place.item if self.place else None
        return item.code if item else ""

    @property
    def item_name(self) -> str:
        """What the service was about, as it was called when it came in. May name a person."""
        return self.case.item_name if self.case else self.node_name

    @property
    def item_title(self) -> str:
        """The same in the language of the reader, where the directory knows it; ``case__item`` and
        ``place__item`` should be loaded."""
        known = self.case or self.place
        return str(known.item) if known and known.item else self.item_name

    @property
    def is_erased(self) -> bool:
        """Whether who it was about has been erased; ``case__erasure`` and ``erasure`` should be
        loaded."""
        if self.case:
            return self.case.is_erased
        return getattr(self, "erasure", None) is not None


class Invitation(Row):
    """邀评: that a citizen was given a token. The token itself is computed, not stored."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    event = models.ForeignKey(ServiceEvent, models.PROTECT, related_name="invitations")
    step = models.PositiveSmallIntegerField(default=1)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "event", "step"], name="one_invitation_a_step"
            ),
        ]


class TagList(Row):
    """A generation of tags; reviews keep the codes they chose whatever list is current."""

    version = models.CharField(_("version"), max_length=20, unique=True)
    valid_from = models.DateField(_("valid from"))

    class Meta:
        ordering = ["-valid_from"]
        verbose_name = _("tag list")
        verbose_name_plural = _("tag lists")

    def __str__(self) -> str:
        return self.version


class Tag(Row):
    class Kind(models.TextChoices):
        CORE = "core", _("core")
        EXTENDED = "extended", _("extended")

    tag_list = models.ForeignKey(TagList, models.PROTECT, related_name="tags")
    code = models.CharField(_("code"), max_length=3)
    level = models.PositiveSmallIntegerField(_("level"), choices=Level)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    label = models.CharField(_("label"), max_length=60)
    label_en = models.CharField(_("English label"), max_length=120)

    class Meta:
        ordering = ["-level", "code"]
        constraints = [
            models.UniqueConstraint(fields=["tag_list", "code"], name="one_tag_a_code"),
        ]
        verbose_name = _("tag")
        verbose_name_plural = _("tags")

    def __str__(self) -> str:
        return f"{self.code} {self.label}"


class Review(Row):
    """评价: given by a citizen, never edited, never deleted (database triggers).

    Ordinal 1 is the first review of a service event, ordinal 2 the follow-up review (追评).
    """

    # Both were read in the transaction that writes the review and are never deleted (a trigger sees
    # to the event): the database need not look them up, nor lock them. Found by the unique key.
    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        related_name="reviews",
        db_constraint=False,
        db_index=False,
        verbose_name=_("organisation"),
    )
    event = models.ForeignKey(
        ServiceEvent, models.PROTECT, related_name="reviews", db_constraint=False, db_index=False
    )
    ordinal = models.PositiveSmallIntegerField(_("ordinal"))
    level = models.PositiveSmallIntegerField(_("level"), choices=Level)
    tags = models.JSONField(_("tags"), default=list)
    channel = models.CharField(_("channel"), max_length=14, choices=Channel)
    trust = models.CharField(_("trust"), max_length=8, choices=Trust)
    hide_name_from_public = models.BooleanField()
    hide_name_from_unit = models.BooleanField()
    accepted_at = models.DateTimeField(_("accepted at"))
    # A keyed hash of the receipt's code: who reads the database cannot open the status page.
    code_hash = models.BinaryField(max_length=32, unique=True)
    # Of the Idempotency-Key the review came with: a repeated request gets its receipt again.
    idempotency_hash = models.BinaryField(max_length=32, null=True)
    # Written together with the review, and nobody can delete it.
    entry = models.OneToOneField(
        "log.Entry", models.PROTECT, related_name="review", db_constraint=False
    )

    class Meta:
        constraints = [
            # The event first: the reviews of an event are looked for, and those that come in at
            # the same time lie side by side.
            models.UniqueConstraint(
                fields=["event", "organisation", "ordinal"], name="one_review_an_ordinal"
            ),
            models.CheckConstraint(
                condition=models.Q(level__gte=1, level__lte=5), name="level_is_1_to_5"
            ),
            models.CheckConstraint(
                condition=models.Q(ordinal__in=(1, 2)), name="ordinal_is_1_or_2"
            ),
        ]
        verbose_name = _("review")
        verbose_name_plural = _("reviews")

    def __str__(self) -> str:
        return f"{self.organisation} · {self.get_level_display()}"

    @property
    def is_bad(self) -> bool:
        return self.level in BAD_LEVELS

    @property
    def words(self) -> ReviewContent | None:
        """What the citizen wrote; None when that was nothing, or was erased."""
        found: ReviewContent | None = getattr(self, "content", None)
        return found

    @property
    def text(self) -> str:
        return self.words.text if self.words else ""


class ReviewContent(models.Model):
    """What the citizen wrote, when it was something; kept apart from the review so that a legal
    request can erase it."""

    review = models.OneToOneField(
        Review, models.CASCADE, primary_key=True, related_name="content", db_constraint=False
    )
    text = models.TextField()
    # Why the text is held back from the public: codes of ``screening.Finding``. Empty: published.
    held_back = models.JSONField(default=list)

    class Meta:
        indexes = [
            models.Index(
                fields=["-review"], condition=~models.Q(held_back=[]), name="words_held_back"
            ),
        ]

    @property
    def withheld(self) -> list[str]:
        """Why the public does not read them; empty once a person has released them. One query
        where there is a reason."""
        found: list[str] = self.held_back
        return [] if found and Release.objects.filter(review=self.review_id).exists() else found


class Release(Row):
    """That a person made words public which had been held back: who, when and why. Append-only."""

    review = models.OneToOneField(Review, models.PROTECT, related_name="release")
    staff = models.ForeignKey(Staff, models.PROTECT, related_name="+", verbose_name=_("by"))
    at = models.DateTimeField(_("released at"))
    reason = models.CharField(_("reason"), max_length=500)
    # The public sees the words once this is sealed.
    entry = models.OneToOneField("log.Entry", models.PROTECT, related_name="+")


class ReviewOrigin(models.Model):
    """What a channel says of where a review came from. A claim: not in the public log, and no
    figure reads it. Append-only."""

    review = models.OneToOneField(
        Review, models.PROTECT, primary_key=True, related_name="origin", db_constraint=False
    )
    # Of an app: which mini-program; of a device: which model.
    sub_channel = models.CharField(_("sub-channel"), max_length=40, blank=True)
    # When the citizen rated, by the clock of their device; the review's time is ours.
    claimed_at = models.DateTimeField(_("claimed time"), null=True)
    # The number of a call, a form, a stored rating.
    reference = models.CharField(_("reference"), max_length=100, blank=True)


class VisitContact(models.Model):
    """How the relay reaches somebody who rated on site and wants to be reached. Erasable."""

    event = models.OneToOneField(
        ServiceEvent, models.PROTECT, primary_key=True, related_name="contact", db_constraint=False
    )
    mobile_sealed = models.BinaryField()
    mobile_hash = models.BinaryField(max_length=32)


class Photo(Row):
    """A picture the citizen added, without metadata. For the unit and the arbiter only."""

    review = models.ForeignKey(Review, models.CASCADE, related_name="photos")
    file = models.FileField(upload_to="reviews/%Y/%m")
    media_type = models.CharField(max_length=40)
    sha256 = models.CharField(max_length=64)
    place = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["place"]


class Erasure(Row):
    """That a person was erased from a case, or from what hangs on an on-site review, at their
    request: who did it, when and why.

    Append-only, and itself without a word about the person.
    """

    case = models.OneToOneField(Case, models.PROTECT, null=True, related_name="erasure")
    event = models.OneToOneField(
        ServiceEvent,
        models.PROTECT,
        null=True,
        related_name="erasure",
        verbose_name=_("service event"),
    )
    at = models.DateTimeField(_("erased at"))
    # The account of the operating system, or of a member of staff, that did it.
    by = models.CharField(_("erased by"), max_length=150)
    reason = models.CharField(_("reason"), max_length=500)
    reviews = models.PositiveSmallIntegerField(_("reviews"))
    photos = models.PositiveSmallIntegerField(_("photographs"))

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(case__isnull=True) ^ models.Q(event__isnull=True),
                name="erased_of_one",
            ),
        ]
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")


class ImportSource(Row):
    """Where imported reviews come from, and the body that answers for them. Append-only."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()


class ImportedFile(Row):
    """A file whose import has begun, and how it is read. Append-only."""

    source = models.ForeignKey(ImportSource, models.PROTECT, related_name="files")
    sha256 = models.BinaryField(max_length=32, unique=True)
    # What the operator said of it; going on with the same file must mean the same.
    manner = models.JSONField()
    # The name of the file of rejected rows, which lies beside it.
    rejects = models.CharField(max_length=255)
    started_at = models.DateTimeField()


class ImportedChunk(Row):
    """What was taken over in one transaction, and how far in its file that reached. Append-only."""

    source = models.ForeignKey(ImportSource, models.PROTECT, related_name="chunks")
    file = models.ForeignKey(ImportedFile, models.PROTECT, null=True, related_name="chunks")
    number = models.PositiveIntegerField(default=1)
    # Rows of the file up to the end of this chunk, and bytes of the file of rejected rows.
    rows_read = models.BigIntegerField(default=0)
    rejects_size = models.BigIntegerField(default=0)
    taken = models.PositiveIntegerField()
    duplicates = models.PositiveIntegerField()
    # Ratings that a system gave when nobody did: never a review.
    defaults = models.PositiveIntegerField()
    rejected = models.PositiveIntegerField(default=0)
    texts = models.PositiveIntegerField(default=0)
    # The first of the entries that count the chunk; it binds the rows. None: there was nothing.
    entry = models.OneToOneField("log.Entry", models.PROTECT, null=True, related_name="+")
    imported_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["file", "number"], name="one_chunk_a_number"),
        ]


class ImportedReview(models.Model):
    """A review that another system took, as far as figures need it. Append-only.

    It hangs on no service event, opens no matter and is in no headline figure.
    """

    pk = models.CompositePrimaryKey("chunk", "number", "organisation")
    # Written together with the chunk, and a body is never deleted: the database need not look them
    # up once more for each of millions of rows.
    chunk = models.ForeignKey(
        ImportedChunk, models.PROTECT, related_name="reviews", db_constraint=False, db_index=False
    )
    number = models.PositiveIntegerField()
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    item_code = models.CharField(max_length=31, blank=True)
    counter_number = models.CharField(max_length=20, blank=True)
    channel = models.CharField(max_length=14, choices=Channel)
    level = models.PositiveSmallIntegerField(choices=Level)
    # Codes of any generation of tags, with commas between them.
    tags = models.CharField(max_length=80, blank=True)
    day = models.DateField()
    # A keyed hash of the source and of its own reference to the review.
    reference = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "reference"],
                condition=models.Q(reference__isnull=False),
                name="one_import_a_reference",
            ),
            models.CheckConstraint(
                condition=models.Q(level__gte=1, level__lte=5), name="imported_level_is_1_to_5"
            ),
        ]
