"""Base classes of rows, and the demo's clock."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.db import models

from huiyin.kernel import ids


class Row(models.Model):
    """A row with a UUIDv7 key."""

    id: models.UUIDField[uuid.UUID, uuid.UUID] = models.UUIDField(
        primary_key=True, default=ids.uuid7, editable=False
    )

    class Meta:
        abstract = True


class DemoClock(models.Model):
    """How far the demo's clock was moved forward; at most one row, only in demo mode."""

    moved_by = models.DurationField(default=timedelta)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_demo_clock")]
