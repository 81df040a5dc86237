"""How text messages are worded here: versions are added, never edited."""

from __future__ import annotations

from django.db import transaction

from huiyin.directory.models import Staff
from huiyin.intake.invitations import wording
from huiyin.intake.invitations.models import Wording
from huiyin.kernel import clock


@transaction.atomic
def word(*, kind: str, text: str, by: Staff) -> Wording:
    """Say ``text`` from now on; an empty one brings back what came with the software. Raises
    ``Invalid``."""
    text = text.strip()
    wording.check(kind, text)
    last = Wording.objects.filter(kind=kind).select_for_update().order_by("-version").first()
    made = Wording.objects.create(
        kind=kind,
        version=last.version + 1 if last else 1,
        text=text,
        author=by,
        created_at=clock.now(),
    )
    transaction.on_commit(wording.forget)
    return made
