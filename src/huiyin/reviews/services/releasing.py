"""Making words public that were held back since they might name somebody."""

from __future__ import annotations

from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from huiyin.directory.models import Staff
from huiyin.kernel import clock
from huiyin.kernel.problems import Invalid
from huiyin.kernel.text import is_printable
from huiyin.log import services as log
from huiyin.reviews.errors import NothingHeldBack, ReasonNamesSomebody
from huiyin.reviews.models import Release
from huiyin.reviews.queries import held_back_for
from huiyin.reviews.screening import screen

MAX_REASON = 500


@transaction.atomic
def release_words(*, review_id: UUID, staff: Staff, reason: str) -> Release:
    """Record that the words of a review name nobody after all, and may be read by all.

    The public sees them once the entry of this is sealed. It cannot be undone. Raises
    ``NothingHeldBack`` (also for whoever may not see them), ``Invalid`` or ``ReasonNamesSomebody``.
    """
    reason = reason.strip()
    if not reason or len(reason) > MAX_REASON or not is_printable(reason):
        raise Invalid(_("Give the reason, in at most 500 characters."), field="reason")
    if screen(reason):
        raise ReasonNamesSomebody(field="reason")
    content = held_back_for(staff).filter(pk=review_id).first()
    if content is None:
        raise NothingHeldBack
    review, now = content.review, clock.now()
    entry = log.append(
        kind="release",
        organisation=review.organisation,
        subject_id=review.pk,
        public={
            "about": bytes(review.entry.leaf_hash).hex(),
            "organisation": review.organisation.uscc,
            "region": review.organisation.region.code,
            "day": clock.local(now).date().isoformat(),
            "reason": reason,
        },
    )
    try:
        with transaction.atomic():
            return Release.objects.create(
                review=review, staff=staff, at=now, reason=reason, entry=entry
            )
    except IntegrityError as error:
        # Somebody else was quicker; the entry goes with the transaction.
        raise NothingHeldBack from error
