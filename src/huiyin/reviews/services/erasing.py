"""Erasing a person at their lawful request. Log, reviews and figures stay as they are.

What names the person goes: contact, identity, names and title of the case, the words and pictures
of its reviews, and the salts without which nobody can show that a commitment of the log was theirs.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from huiyin.kernel import clock, ids
from huiyin.kernel.problems import Invalid
from huiyin.kernel.text import is_printable
from huiyin.log.models import EntrySecret
from huiyin.matters import services as matters
from huiyin.matters.models import Matter
from huiyin.reviews.errors import AlreadyErased, CaseAmbiguous, CaseUnknown, ReasonNamesSomebody
from huiyin.reviews.models import (
    KIND,
    Case,
    Erasure,
    Photo,
    Review,
    ReviewContent,
    ServiceEvent,
    VisitContact,
)
from huiyin.reviews.naming import known_persons, screen_for
from huiyin.reviews.receipts import hash_of
from huiyin.reviews.screening import screen

MAX_REASON = 500
# How a matter says that nobody may be called any more.
VIA = "erasure"


def case_of(typed: str, *, uscc: str = "") -> Case:
    """The case of a receipt's code or of a case number (``uscc``: of this organisation).

    Raises ``CaseUnknown`` or ``CaseAmbiguous``.
    """
    code = ids.read_code(typed)
    cases = Case.objects.all()
    if code and (found := cases.filter(events__reviews__code_hash=hash_of(code)).first()):
        return found
    numbered = cases.filter(project_no=typed.strip())
    if uscc:
        numbered = numbered.filter(organisation__uscc=uscc.strip().upper())
    some = list(numbered[:2])
    if not some:
        raise CaseUnknown
    if len(some) > 1:
        raise CaseAmbiguous
    return some[0]


def visit_of_code(typed: str) -> ServiceEvent | None:
    """The event of an on-site review, by the code of its receipt; it belongs to no case."""
    code = ids.read_code(typed)
    if not code:
        return None
    return ServiceEvent.objects.filter(case=None, reviews__code_hash=hash_of(code)).first()


def erase_person(
    *, case: Case | None = None, visit: ServiceEvent | None = None, reason: str, by: str
) -> Erasure:
    """Erase whom ``case``, or the ``visit`` of an on-site review, is about, and record that it was
    done.

    Pictures go last, each with its file: cut off in between, it is completed by calling it again.
    Called again it also erases the words of a review that was given since, and keeps the first
    record. Raises ``AlreadyErased``, ``Invalid`` or ``ReasonNamesSomebody``.
    """
    with transaction.atomic():
        person = _Person.locked(case, visit)
        erasure = person.erasure()
        pictures = Photo.objects.filter(review__in=person.reviews())
        if erasure is None:
            reason = _checked(person, reason)
            erasure = _erase(person, reason, by, photos=pictures.count())
        elif pictures.exists() or _salts_of(person).exists():
            _erase_words(person)
        else:
            raise AlreadyErased
    for photo in pictures:
        photo.file.delete(save=False)
        photo.delete()
    return erasure


@dataclass(frozen=True)
class _Person:
    """Whoever a case or, of an on-site review, an event is about. Either of the two."""

    case: Case | None
    visit: ServiceEvent | None

    @classmethod
    def locked(cls, case: Case | None, visit: ServiceEvent | None) -> _Person:
        if case is not None:
            return cls(Case.objects.select_for_update().get(pk=case.pk), None)
        if visit is None:
            raise TypeError("a case or a visit is needed")
        return cls(None, ServiceEvent.objects.select_for_update().get(pk=visit.pk, case=None))

    def events(self) -> QuerySet[ServiceEvent]:
        if self.visit is not None:
            return ServiceEvent.objects.filter(pk=self.visit.pk)
        return ServiceEvent.objects.filter(case=self.case)

    def reviews(self) -> QuerySet[Review]:
        return Review.objects.filter(event__in=self.events())

    def erasure(self) -> Erasure | None:
        about = {"event": self.visit} if self.visit is not None else {"case": self.case}
        return Erasure.objects.filter(**about).first()


def _checked(person: _Person, reason: str) -> str:
    reason = reason.strip()
    if not reason or len(reason) > MAX_REASON or not is_printable(reason):
        raise Invalid(_("Give the reason, in at most 500 characters."), field="reason")
    event = person.events().select_related("case").first()
    if screen(reason, known=known_persons(event) if event else ()):
        raise ReasonNamesSomebody(field="reason")
    return reason


def _erase(person: _Person, reason: str, by: str, *, photos: int) -> Erasure:
    _erase_words(person)
    keys = list(person.reviews().values_list("pk", flat=True))
    for matter in Matter.objects.filter(kind=KIND, subject_id__in=keys, closed_at__isnull=True):
        if matter.contact_ended_at is None:
            matters.end_contact(matter=matter, via=VIA)
    if person.case is not None:
        _empty(person.case)
    VisitContact.objects.filter(event__in=person.events()).delete()
    return Erasure.objects.create(
        case=person.case,
        event=person.visit,
        at=clock.now(),
        by=by[:150],
        reason=reason,
        reviews=len(keys),
        photos=photos,
    )


def _erase_words(person: _Person) -> None:
    ReviewContent.objects.filter(review__in=person.reviews()).delete()
    _salts_of(person).delete()


def _salts_of(person: _Person) -> QuerySet[EntrySecret]:
    return EntrySecret.objects.filter(entry__in=person.reviews().values("entry_id"))


def _empty(case: Case) -> None:
    event = ServiceEvent.objects.select_related("case__item").filter(case=case).first()
    names = (case.item_name, case.item.name if case.item else "")
    if event and any(screen_for(event, name) for name in names):
        # Some business systems write the applicant into the name of what was applied for.
        case.item, case.item_name = None, case.item_code
    case.name_sealed = case.identity_sealed = case.mobile_sealed = b""
    case.identity_hash = case.mobile_hash = b""
    case.title_sealed = case.agent_sealed = None
    case.save(
        update_fields=[
            *(
                "item",
                "item_name",
                "name_sealed",
                "identity_sealed",
                "mobile_sealed",
                "identity_hash",
            ),
            *("mobile_hash", "title_sealed", "agent_sealed"),
        ]
    )
