"""What the running product knows of itself."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Heartbeat(models.Model):
    """When a background loop last finished a round; one row a loop, whichever process ran it."""

    name = models.CharField(_("loop"), max_length=30, primary_key=True)
    # The machine's own time: moving the demo's clock must not look like a loop that stopped.
    at = models.DateTimeField(_("last round"))

    def __str__(self) -> str:
        return self.name


class KeyCanary(models.Model):
    """A known text, sealed when the database was made: it opens only with the same master key."""

    sealed = models.BinaryField()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_key_canary")]

    def __str__(self) -> str:
        return "canary"
