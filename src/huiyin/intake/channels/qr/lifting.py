"""From the spot to the service: who adds the number of the case rates the service itself.

The review is then given under the event's own right, and its grade is ``verified``. So that a clerk
or a stranger who knows the number cannot use up somebody's right, the last digits of the mobile
number of the application are asked for as well. Whatever is wrong is answered with the same words
after the same work, so nobody learns whether there is such a case, or one that was rated.
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from huiyin.kernel import clock, crypto
from huiyin.kernel.problems import Problem, TooMany
from huiyin.kernel.throttle import Throttle
from huiyin.reviews.models import Case, Place, Review, ServiceEvent
from huiyin.reviews.naming import unseal_for
from huiyin.reviews.tokens import FIRST, Token, Visit

MAX_CASE_NUMBER = 50
# Cases of one number that are looked at: organisations number them as they like.
_MOST = 8
# Only what was wrong is counted: of one form, at one place, and with one number, wherever tried.
_of_visit = Throttle(burst=5, per_minute=1)
_of_place = Throttle(burst=60, per_minute=20)
_of_number = Throttle(burst=10, per_minute=0.5)


class CaseNotMatched(Problem):
    """The only answer to whatever is wrong."""

    code = "case-not-matched"
    status = 422
    title = _(
        "No service that can be rated fits this case number and these digits. Please compare both "
        "with your acceptance slip, or leave them empty: your review counts all the same."
    )


class TooManyTries(TooMany):
    """Too many wrong entries for now."""

    title = _("Too many attempts. Please leave the case number empty, or try again later.")


def right_of(visit: Visit, place: Place, *, number: str, digits: str) -> Token:
    """The right to rate the latest service of the case ``number`` that nobody has rated.

    It is looked for at the place's organisation and at the others of its region, since one counter
    may serve them all. Of a case that was rated the right is the one that was used: giving the
    same review again is answered as ever. Raises ``CaseNotMatched`` or ``TooManyTries``.
    """
    number, digits = number.strip(), digits.strip()
    keys = (
        (_of_visit, visit.visit_id.hex),
        (_of_place, place.pk.hex),
        (_of_number, crypto.lookup_hash(number, purpose="case-number").hex()),
    )
    for throttle, key in keys:
        try:
            throttle.check(key)
        except TooMany as problem:
            raise TooManyTries(field="case_number", **problem.extra) from problem
    event = _event(place, number, digits) if len(number) <= MAX_CASE_NUMBER else None
    if event is None:
        for throttle, key in keys:
            throttle.spend(key)
        raise CaseNotMatched(field="case_number")
    return Token(event.pk, event.organisation_id, FIRST, clock.now() + timedelta(minutes=5))


def wrong(visit: Visit, place: Place) -> CaseNotMatched:
    """What whoever names a case that was rated before is told; it counts as a wrong entry."""
    _of_visit.spend(visit.visit_id.hex)
    _of_place.spend(place.pk.hex)
    return CaseNotMatched(field="case_number")


def _event(place: Place, number: str, digits: str) -> ServiceEvent | None:
    """At most two queries, the second one always."""
    found = Case.objects.filter(
        project_no=number, organisation__region=place.organisation.region_id
    ).select_related("organisation")[:_MOST]
    cases = sorted(found, key=lambda case: case.organisation_id != place.organisation_id)
    fitting = [case.pk for case in cases if _fits(case, digits)]
    rated = Review.objects.filter(
        event=OuterRef("pk"), organisation=OuterRef("organisation"), ordinal=FIRST
    )
    events = list(
        ServiceEvent.objects.filter(case__in=fitting[:1])
        .annotate(rated=Exists(rated))
        .order_by("-occurred_at", "-pk")[:_MOST]
    )
    return next((event for event in events if not event.rated), events[0] if events else None)


def _fits(case: Case, digits: str) -> bool:
    asked = settings.HUIYIN_QR_CASE_DIGITS
    if not asked:
        return True
    mobile = unseal_for(case, "mobile")
    return len(mobile) >= asked and crypto.same(mobile[-asked:].encode(), digits.encode())
