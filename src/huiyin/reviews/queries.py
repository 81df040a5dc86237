"""Reading reviews: by receipt, for the unit, for the relay."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from huiyin.directory.models import Organisation, Role, Staff
from huiyin.directory.queries import in_scope
from huiyin.kernel import clock, crypto, ids
from huiyin.log.models import Leaf
from huiyin.matters.kinds import Contact, Description
from huiyin.matters.models import FollowUp, Matter
from huiyin.reviews import imported, tokens
from huiyin.reviews.errors import (
    FollowUpNotOpen,
    PlaceClosed,
    ReceiptUnknown,
    TokenInvalid,
    TokenUsed,
)
from huiyin.reviews.models import (
    KIND,
    ChannelAdapter,
    ImportedChunk,
    ImportedReview,
    Integrator,
    Level,
    Photo,
    Place,
    Release,
    Review,
    ReviewContent,
    ServiceEvent,
    Tag,
    TagList,
)
from huiyin.reviews.naming import item_name, mobile_of, unseal_for
from huiyin.reviews.receipts import code_for, hash_of, status_url
from huiyin.reviews.screening import mask_name

_SUMMARY_TEXT = 60


def current_tags(among: Iterable[str] | None = None) -> dict[str, Tag]:
    """The tags of the list in force today, by code; those ``among`` some codes alone, if given.
    One query."""
    newest = TagList.objects.filter(valid_from__lte=clock.today()).order_by("-valid_from")[:1]
    tags = Tag.objects.filter(tag_list__in=newest)
    if among is not None:
        tags = tags.filter(code__in=set(among))
    return {tag.code: tag for tag in tags}


def label(tag: Tag) -> str:
    return tag.label_en if get_language() == "en" else tag.label


def labels(codes: Iterable[str]) -> list[str]:
    """The labels of ``codes`` in the current language; a retired code stands for itself."""
    known = {tag.code: tag for tag in Tag.objects.filter(code__in=list(codes))}
    return [label(known[code]) if code in known else code for code in codes]


def with_receipt() -> QuerySet[Review]:
    """Reviews with all that a receipt names."""
    return Review.objects.select_related(
        "organisation", "event__case__erasure", "event__erasure", "entry__secret", "content"
    )


def hash_of_key(key: str) -> bytes:
    """The keyed hash by which an integrator's key is kept and found."""
    return crypto.lookup_hash(key, purpose="integrator")


def integrator_by_key(key: str) -> Integrator | None:
    """The active integrator with this key. Looked up by a keyed hash: nothing of the key itself is
    compared, so the time it takes tells nothing about it."""
    return (
        Integrator.objects.select_related("region")
        .filter(key_hash=hash_of_key(key), active=True)
        .first()
    )


def hash_of_adapter_key(key: str) -> bytes:
    """The keyed hash by which the key of a channel adapter is kept and found."""
    return crypto.lookup_hash(key, purpose="channel-adapter")


def adapter_by_key(key: str) -> ChannelAdapter | None:
    """The active channel adapter with this key; looked up as that of an integrator."""
    return ChannelAdapter.objects.filter(key_hash=hash_of_adapter_key(key), active=True).first()


def by_receipt_code(typed: str) -> Review:
    """The first review of the service whose receipt (of either review) has this code.

    Raises ``ReceiptUnknown``, for a mistyped code as for one that does not exist.
    """
    code = ids.read_code(typed)
    found = with_receipt().filter(code_hash=hash_of(code)).first() if code else None
    if found is None:
        raise ReceiptUnknown
    if found.ordinal == 1:
        return found
    return with_receipt().get(
        organisation_id=found.organisation_id, event_id=found.event_id, ordinal=1
    )


def follow_up_of(review: Review) -> Review | None:
    return (
        with_receipt()
        .filter(organisation_id=review.organisation_id, event_id=review.event_id, ordinal=2)
        .first()
    )


def matter_of(event: ServiceEvent) -> Matter | None:
    """The matter that the first review of ``event`` opened, if it did; whoever has it now."""
    return (
        Matter.objects.select_related("organisation", "policy")
        .filter(kind=KIND, subject_id__in=first_review_of(event))
        .first()
    )


def first_review_of(event: ServiceEvent) -> QuerySet[Review, Any]:
    """The key of the first review of ``event``, for use in a sub-query."""
    return Review.objects.filter(
        organisation_id=event.organisation_id, event=event, ordinal=1
    ).values("pk")


def clerks_concerned(
    clerks: Iterable[Mapping[str, str]], organisation: Organisation, *, hidden: bool
) -> list[Staff]:
    """The members of staff whose work a review of ``organisation`` is about, as far as the event
    names the accounts of its ``clerks``. Nobody when the citizen hid the name: the clerk leads to
    the citizen. At most one query."""
    logins = [clerk.get("login", "") for clerk in clerks]
    if hidden or not any(logins):
        return []
    return list(
        Staff.objects.filter(
            username__in=logins, organisation__path__startswith=organisation.path, is_active=True
        )
    )


def imported_rows(chunk: ImportedChunk) -> list[tuple[str, ...]]:
    """The reviews of ``chunk`` as the log binds them, in their order. One query."""
    found = (
        ImportedReview.objects.filter(chunk=chunk)
        .order_by("number")
        .values_list("organisation_id", *imported.FIELDS[1:])
    )
    return [
        (
            owner.hex,
            item,
            counter,
            channel,
            str(level),
            tags,
            day.isoformat(),
            known.hex if known else "",
        )
        for owner, item, counter, channel, level, tags, day, known in found.iterator(2000)
    ]


def invited_event(right: tokens.Right) -> ServiceEvent:
    """The service that the holder of a token may rate, as far as may be told; of somebody on the
    spot the one that will come into being with the review.

    Whoever holds the link, such as the unit's own system, must not learn from it that the citizen
    has just rated: no matter on the desk would then mean a good review. So a link counts as used
    here only once the review is sealed; giving a review (``services.submit``) is refused at once.

    Raises ``TokenInvalid``, ``TokenUsed``, ``PlaceClosed`` or ``FollowUpNotOpen``.
    """
    event = _event_of_visit(right) if isinstance(right, tokens.Visit) else _pushed_event(right)
    given = (
        Review.objects.filter(
            organisation_id=right.organisation_id, event=event.pk, ordinal=right.ordinal
        )
        .values_list("pk", "entry__leaf")
        .first()
    )
    if given and given[1] is not None:
        raise TokenUsed
    if right.ordinal == tokens.FOLLOW_UP and not given:
        matter = matter_of(event)
        if matter is None or matter.follow_up != FollowUp.ASKED:
            raise FollowUpNotOpen
    return event


def _pushed_event(right: tokens.Token) -> ServiceEvent:
    event = (
        ServiceEvent.objects.select_related("organisation", "case__item", "place__item", "counter")
        .filter(pk=right.event_id, organisation_id=right.organisation_id)
        .first()
    )
    if event is None:
        raise TokenInvalid
    return event


def place_of_visit(right: tokens.Visit) -> Place:
    """Where somebody on the spot is. Raises ``TokenInvalid`` or ``PlaceClosed``. One query."""
    place = (
        Place.objects.select_related("organisation__region", "item", "counter__organisation")
        .filter(pk=right.place_id, organisation_id=right.organisation_id)
        .first()
    )
    if place is None:
        raise TokenInvalid
    if place.revoked_at is not None:
        raise PlaceClosed
    return place


def _event_of_visit(right: tokens.Visit) -> ServiceEvent:
    """Not stored, and to be read alone."""
    place = place_of_visit(right)
    counter, now = place.counter, clock.now()
    return ServiceEvent(
        id=right.visit_id,
        organisation=place.organisation,
        place=place,
        service_number=0,
        node_name=place.item.name if place.item else place.label,
        occurred_at=now,
        accepted_at=now,
        online=False,
        hall_name=counter.organisation.name if counter else "",
        counter=counter,
    )


@dataclass(frozen=True)
class UnitView:
    """A bad review as its unit may see it: never a contact, the name masked or hidden.

    When the citizen hid the name, all that would lead the unit to it is left out as well: the case
    number, the counter, the clerks, and of the time of service everything but the day.
    """

    level: int
    tags: list[str]
    text: str
    photos: list[Photo]
    accepted_at: datetime
    # By which channel, and of an app by which one, as the channel says.
    channel: str
    service: str
    # Midnight, local time, when ``name_hidden``.
    served_at: datetime
    counter: str
    clerks: list[str]
    name_hidden: bool
    project_no: str | None
    masked_name: str | None
    # Of a good follow-up review, level and text are shown once it is sealed; before, the note
    # says that there is one.
    follow_up_level: int | None
    follow_up_text: str | None
    follow_up_note: str = ""
    # Who it was about was erased, at their request: name, words and pictures are gone.
    erased: bool = False
    # A key was pressed and nothing said: what went wrong has to be asked.
    no_details: bool = False
    # Given on the spot: no case, no name; and whether a number was left to call.
    on_site: bool = False
    no_number: bool = False
    # The number of a call, a form, a stored rating, by which whoever holds it finds it again.
    reference: str = ""


def for_unit(matter: Matter) -> UnitView:
    """What staff who may see ``matter`` may see of its review."""
    review = (
        Review.objects.select_related(
            *("content", "event__case__item", "event__case__erasure", "event__counter"),
            *("event__place__item", "event__erasure", "event__contact", "origin"),
        )
        .prefetch_related("photos")
        .get(pk=matter.subject_id)
    )
    event, case = review.event, review.event.case
    origin = getattr(review, "origin", None)
    hidden = review.hide_name_from_unit
    second = follow_up_of(review)
    second_shown = second if second and (second.is_bad or _is_sealed(second)) else None
    return UnitView(
        level=review.level,
        tags=labels(review.tags),
        text=review.text,
        photos=list(review.photos.all()),
        accepted_at=review.accepted_at,
        channel=" · ".join(
            filter(None, [review.get_channel_display(), origin.sub_channel if origin else ""])
        ),
        service=item_name(event),
        served_at=_midnight_before(event.occurred_at) if hidden else event.occurred_at,
        counter="" if hidden else place_of(event),
        clerks=[] if hidden else [clerk.get("name", "") for clerk in event.clerks],
        name_hidden=hidden,
        project_no=None if hidden or case is None else case.project_no,
        masked_name=None
        if hidden or case is None or case.is_erased
        else mask_name(unseal_for(case, "name")),
        follow_up_level=second_shown.level if second_shown else None,
        follow_up_text=second_shown.text if second_shown else None,
        follow_up_note=_("Satisfied. What the citizen chose and wrote is shown once it is counted.")
        if second and not second_shown
        else "",
        erased=event.is_erased,
        no_details=not review.tags and not review.text and not event.is_erased,
        on_site=case is None,
        no_number=case is None and getattr(event, "contact", None) is None,
        reference="" if hidden or origin is None or event.is_erased else origin.reference,
    )


def _is_sealed(review: Review) -> bool:
    return Leaf.objects.filter(entry_id=review.entry_id).exists()


def _midnight_before(moment: datetime) -> datetime:
    return clock.local(moment).replace(hour=0, minute=0, second=0, microsecond=0)


def place_of(event: ServiceEvent) -> str:
    """Where the service was given, in the same words for citizen and unit: “hall · A01 Permits”.

    Empty for a service that was given in no hall. ``event.counter`` should be loaded.
    """
    counter = event.counter
    number = counter.number if counter else event.counter_number
    if counter and counter.name:
        window = str(counter)
    else:
        window = _("counter %(number)s") % {"number": number} if number else ""
    return " · ".join(filter(None, (event.hall_name, window)))


def describe(matters: Iterable[Matter]) -> Mapping[UUID, Description]:
    """Title and summary of bad-review matters, in two queries. Notices carry the title, so it names
    nobody."""
    by_subject = {matter.subject_id: matter for matter in matters}
    reviews = list(
        Review.objects.select_related(
            *("content", "event__case__item", "event__case__erasure"),
            *("event__place__item", "event__erasure"),
        ).filter(pk__in=by_subject)
    )
    known = {
        tag.code: label(tag)
        for tag in Tag.objects.filter(code__in={code for r in reviews for code in r.tags})
    }
    described = {}
    for review in reviews:
        said = [known.get(code, code) for code in review.tags]
        if review.text:
            said.append(_shortened(review.text))
        if not said and not review.event.is_erased:
            said.append(_("no details given"))
        described[by_subject[review.pk].pk] = Description(
            title=item_name(review.event),
            summary=" · ".join([str(Level(review.level).label), *said]),
        )
    return described


def contact(matter: Matter) -> Contact | None:
    """How the relay reaches the citizen. Nobody but the relay may call this."""
    review = Review.objects.select_related("event__case", "event__contact").get(
        pk=matter.subject_id
    )
    mobile = mobile_of(review.event)
    code = code_for(event_id=review.event_id, ordinal=review.ordinal)
    return Contact(mobile, status_url=status_url(code)) if mobile else None


def has_number(matter: Matter) -> bool:
    """Whether whom ``matter`` is about can be called: everybody a business system told us of, and
    on site who left a number. One query."""
    return (
        Review.objects.filter(pk=matter.subject_id)
        .filter(Q(event__case__isnull=False) | Q(event__contact__isnull=False))
        .exists()
    )


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SUMMARY_TEXT else line[:_SUMMARY_TEXT] + "…"


def held_back_for(staff: Staff) -> QuerySet[ReviewContent]:
    """The words that are held back and that ``staff``, as an auditor, may release.

    Only of reviews that are in the log: before, they are nobody's but the unit's.
    """
    scope = in_scope(staff, [Role.AUDITOR], of="review__organisation__")
    if not scope:
        return ReviewContent.objects.none()
    return (
        ReviewContent.objects.filter(
            scope, ~Q(held_back=[]), review__entry__leaf__isnull=False, review__release=None
        )
        .select_related("review__organisation__region", "review__event__case", "review__entry")
        .order_by("-review")
    )


def released(reviews: Iterable[UUID], *, epoch: int) -> set[UUID]:
    """Those of ``reviews`` whose words the log says are released, up to ``epoch``. One query."""
    found = Release.objects.filter(review__in=list(reviews), entry__leaf__epoch_id__lte=epoch)
    return set(found.values_list("review_id", flat=True))
