"""Who and where: regions, organisations, counters, service items, staff and their duties."""

from __future__ import annotations

from functools import cached_property
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models.functions import Concat, Substr
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from huiyin.directory import codes
from huiyin.kernel import clock
from huiyin.kernel.models import Row


class Region(Row):
    """行政区划: a division of the country, in a tree that its 12-digit code spells out."""

    class Level(models.TextChoices):
        PROVINCE = "province", _("province")
        PREFECTURE = "prefecture", _("prefecture")
        COUNTY = "county", _("county")
        SUBDISTRICT = "subdistrict", _("sub-district")

    _LEVELS: ClassVar = {
        2: Level.PROVINCE,
        4: Level.PREFECTURE,
        6: Level.COUNTY,
        9: Level.SUBDISTRICT,
    }

    code = models.CharField(
        _("division code"), max_length=12, unique=True, validators=[codes.validate_region_code]
    )
    name = models.CharField(_("name"), max_length=60)
    name_en = models.CharField(_("English name"), max_length=80, blank=True)
    level = models.CharField(_("administrative level"), max_length=12, choices=Level)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("belongs to"),
    )

    class Meta:
        ordering = ["code"]
        verbose_name = _("region")
        verbose_name_plural = _("regions")

    def __str__(self) -> str:
        return self.name_en if get_language() == "en" and self.name_en else self.name

    def clean(self) -> None:
        expected = self._LEVELS.get(len(codes.significant(self.code)))
        if self.level != expected:
            raise ValidationError({"level": _("The code is that of another level.")})
        above = codes.parent_region_code(self.code)
        if above != (self.parent.code if self.parent else None):
            raise ValidationError(
                {"parent": _("The code says that it belongs to %(code)s.") % {"code": above or "–"}}
            )

    @property
    def prefix(self) -> str:
        """The digits that every region within this one starts with."""
        return codes.significant(self.code)


class Organisation(Row):
    """部门 / 机构: a body with a unified social credit code, below the body it reports to."""

    class Kind(models.TextChoices):
        GOVERNMENT = "government", _("government")
        DEPARTMENT = "department", _("department")
        HALL = "hall", _("service hall")
        PLATFORM = "platform", _("platform")
        HOTLINE = "hotline", _("hotline")

    uscc = models.CharField(
        _("unified social credit code"),
        max_length=18,
        unique=True,
        validators=[codes.validate_uscc],
    )
    name = models.CharField(_("name"), max_length=120)
    name_en = models.CharField(_("English name"), max_length=160, blank=True)
    kind = models.CharField(_("kind of body"), max_length=12, choices=Kind, default=Kind.DEPARTMENT)
    region = models.ForeignKey(
        Region, models.PROTECT, related_name="organisations", verbose_name=_("region")
    )
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("reports to"),
    )
    # The keys of all bodies above and of this one, hex, each followed by "/": a subtree is a
    # prefix. Kept by save(), so that admin, import and services cannot disagree.
    path = models.TextField(editable=False, db_index=True)
    active = models.BooleanField(_("in use"), default=True)

    class Meta:
        ordering = ["uscc"]
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")

    def __str__(self) -> str:
        return self.name_in(get_language() or "")

    def name_in(self, language: str) -> str:
        """The name as it is said in ``language`` (a code such as ``en``)."""
        return self.name_en if language == "en" and self.name_en else self.name

    def clean(self) -> None:
        if self.parent:
            self._path_below(self.parent.path)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep the paths of this body and of all below it. Raises ``ValidationError`` on a cycle.

        Both rows are read again and locked, so that two moves at once cannot make a ring.
        """
        with transaction.atomic():
            both = Organisation.objects.select_for_update().filter(
                pk__in=[self.pk, self.parent_id] if self.parent_id else [self.pk]
            )
            paths = dict(both.order_by("pk").values_list("pk", "path"))
            before = paths.get(self.pk)
            self.path = self._path_below(paths[self.parent_id] if self.parent_id else "")
            super().save(*args, **kwargs)
            if before and before != self.path:
                below = Organisation.objects.filter(path__startswith=before).exclude(pk=self.pk)
                rest = Substr("path", len(before) + 1)
                below.update(path=Concat(models.Value(self.path), rest))

    def _path_below(self, above: str) -> str:
        own = f"{self.id.hex}/"
        if own in above:
            raise ValidationError({"parent": _("An organisation cannot report to itself.")})
        return above + own


class Counter(Row):
    """窗口: a numbered counter in a hall."""

    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="counters", verbose_name=_("hall")
    )
    number = models.CharField(_("counter number"), max_length=20)
    name = models.CharField(_("name"), max_length=80, blank=True)

    class Meta:
        ordering = ["organisation", "number"]
        constraints = [
            models.UniqueConstraint(fields=["organisation", "number"], name="one_counter_a_number")
        ]
        verbose_name = _("counter")
        verbose_name_plural = _("counters")

    def __str__(self) -> str:
        return f"{self.number} {self.name}".strip()


class ServiceItem(Row):
    """事项: something citizens apply for, with its 31-character implementation code."""

    code = models.CharField(
        _("implementation code"), max_length=31, validators=[codes.validate_item_code]
    )
    name = models.CharField(_("name"), max_length=200)
    name_en = models.CharField(_("English name"), max_length=240, blank=True)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="items", verbose_name=_("organisation")
    )

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["organisation", "code"], name="one_item_a_code")
        ]
        verbose_name = _("service item")
        verbose_name_plural = _("service items")

    def __str__(self) -> str:
        return self.name_en if get_language() == "en" and self.name_en else self.name

    @property
    def local(self) -> bool:
        """Whether the code marks an item that is not reported to the national platform."""
        return "00000000" in self.code


class Role(models.TextChoices):
    """What a member of staff may do, within the scope of a duty."""

    HANDLER = "handler", _("handler")
    APPROVER = "approver", _("approver")
    SUPERVISOR = "supervisor", _("supervisor")
    ARBITER = "arbiter", _("arbiter")
    AUDITOR = "auditor", _("auditor")
    ADMINISTRATOR = "administrator", _("administrator")


class StaffManager(BaseUserManager["Staff"]):
    def create_user(self, username: str, password: str | None = None, **fields: Any) -> Staff:
        staff = self.model(username=username, **fields)
        staff.set_password(password)
        staff.save(using=self._db)
        return staff


class Staff(Row, AbstractBaseUser):
    """A member of staff. What they may do follows from their duties alone."""

    username = models.CharField(_("user name"), max_length=60, unique=True)
    display_name = models.CharField(_("full name"), max_length=60)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="staff", verbose_name=_("organisation")
    )
    is_active = models.BooleanField(_("in use"), default=True)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["display_name", "organisation"]
    objects = StaffManager()

    class Meta:
        ordering = ["username"]
        verbose_name = _("member of staff")
        verbose_name_plural = _("staff")

    def __str__(self) -> str:
        return self.display_name

    def holds(self, role: Role) -> bool:
        """Whether a duty of today gives this person ``role`` anywhere."""
        return self.is_active and self.duties.current().filter(role=role).exists()

    @property
    def is_staff(self) -> bool:
        """Whether the administration pages open (Django asks for this name).

        They reach everybody's duties, so they are for administrators of the whole jurisdiction:
        a county's administrator could otherwise appoint anybody to anything.
        """
        everywhere = codes.region_lineage(settings.HUIYIN_JURISDICTION)
        duties = self.duties.current().filter(role=Role.ADMINISTRATOR)
        return self.is_active and duties.filter(region__code__in=everywhere).exists()

    def has_perm(self, perm: str, obj: object = None) -> bool:
        return self._administers

    def has_module_perms(self, app_label: str) -> bool:
        return self._administers

    @cached_property
    def _administers(self) -> bool:
        # An administration page asks for dozens of permissions; the object lives for one request.
        return self.is_staff


class DutyQuerySet(models.QuerySet["Duty"]):
    def current(self) -> DutyQuerySet:
        """Duties that hold today."""
        today = clock.today()
        return self.filter(
            models.Q(ends_on__isnull=True) | models.Q(ends_on__gte=today), starts_on__lte=today
        )


class Duty(Row):
    """A role in a scope: an organisation with all below it, or a region with all in it."""

    staff = models.ForeignKey(
        Staff, models.CASCADE, related_name="duties", verbose_name=_("member of staff")
    )
    role = models.CharField(_("role"), max_length=14, choices=Role)
    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="duties",
        verbose_name=_("organisation"),
    )
    region = models.ForeignKey(
        Region,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="duties",
        verbose_name=_("region"),
    )
    # While they are away: whose duty this person does.
    stands_in_for = models.ForeignKey(
        Staff,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="stood_in_for",
        verbose_name=_("stands in for"),
    )
    starts_on = models.DateField(_("in force from"), default=clock.today)
    ends_on = models.DateField(_("in force until and including"), null=True, blank=True)

    objects = DutyQuerySet.as_manager()

    class Meta:
        ordering = ["staff", "role"]
        constraints = [
            models.CheckConstraint(
                name="duty_has_one_scope",
                condition=models.Q(organisation__isnull=True) ^ models.Q(region__isnull=True),
                violation_error_message=_("Give either an organisation or a region."),
            ),
            models.CheckConstraint(
                name="duty_ends_after_it_starts",
                condition=models.Q(ends_on__isnull=True)
                | models.Q(ends_on__gte=models.F("starts_on")),
                violation_error_message=_("A duty cannot end before it starts."),
            ),
        ]
        verbose_name = _("duty")
        verbose_name_plural = _("duties")

    def __str__(self) -> str:
        return f"{self.get_role_display()} · {self.organisation or self.region}"
