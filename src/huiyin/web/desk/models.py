"""What the desk keeps for its readers: lists they come back to."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from huiyin.directory.models import Staff
from huiyin.kernel.models import Row


class SavedView(Row):
    """A filtered list that somebody gave a name."""

    staff = models.ForeignKey(Staff, models.CASCADE, related_name="saved_views")
    name = models.CharField(_("name"), max_length=40)
    # As in the list's address, after the question mark.
    query = models.CharField(max_length=200)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["staff", "name"], name="one_saved_view_a_name"),
        ]

    def __str__(self) -> str:
        return self.name
