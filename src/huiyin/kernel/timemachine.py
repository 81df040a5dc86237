"""Moving the demo's clock forward. Never available outside demo mode."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from huiyin.kernel import clock
from huiyin.kernel.models import DemoClock
from huiyin.kernel.problems import Forbidden, Invalid


def sync() -> None:
    """Take over the shift that any process of this demo made; does nothing elsewhere."""
    if settings.HUIYIN_DEMO:
        row = DemoClock.objects.filter(pk=1).first()
        clock.set_offset(row.moved_by if row else timedelta())


@transaction.atomic
def move_forward(by: timedelta) -> None:
    """Move the clock of all processes forward. Raises ``Forbidden`` outside the demo."""
    if not settings.HUIYIN_DEMO:
        raise Forbidden(_("Only a demo can move its clock."))
    if by <= timedelta() or by > timedelta(days=400):
        raise Invalid(_("Move forward, by at most 400 days at once."), field="by")
    row, _created = DemoClock.objects.select_for_update().get_or_create(pk=1)
    row.moved_by += by
    row.save()
    transaction.on_commit(sync)
