"""Portals that may show the rating page inside their own pages."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from huiyin.kernel.models import Row


class Site(Row):
    """One origin that may embed. A portal with several names has several."""

    name = models.CharField(_("portal"), max_length=80)
    # As browsers write it: scheme, host and, where it is not the usual one, port.
    origin = models.CharField(_("origin"), max_length=200, unique=True)
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        ordering = ["name", "origin"]
        verbose_name = _("site that embeds the rating page")
        verbose_name_plural = _("sites that embed the rating page")

    def __str__(self) -> str:
        return f"{self.name} ({self.origin})"
