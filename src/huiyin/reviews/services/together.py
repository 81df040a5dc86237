"""Storing reviews: one transaction and a fixed number of statements for all that come together.

There is no other way in. A single review is a group of one, and so are those with a story of their
own (follow-ups, pictures, repetitions). Each has a verdict of its own: what is wrong with one keeps
no other from being stored.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import (
    IntegrityError,
    InterfaceError,
    OperationalError,
    connection,
    transaction,
)

from huiyin.directory.models import Organisation
from huiyin.kernel import bulk, clock, ids
from huiyin.kernel.memo import Memo
from huiyin.kernel.problems import Problem
from huiyin.log import services as log
from huiyin.matters import services as matters
from huiyin.matters.models import FollowUp
from huiyin.reviews import errors, tokens
from huiyin.reviews.giving import Given, NewReview, check
from huiyin.reviews.models import (
    KIND,
    Photo,
    Review,
    ReviewContent,
    ServiceEvent,
    Trust,
)
from huiyin.reviews.naming import screen_for
from huiyin.reviews.queries import (
    clerks_concerned,
    current_tags,
    matter_of,
)
from huiyin.reviews.receipts import (
    Receipt,
    code_for,
    common,
    hash_of,
    receipt_for,
    rfc3339,
)
from huiyin.reviews.services import on_site, repeated
from huiyin.reviews.tokens import FIRST, FOLLOW_UP, Visit

# Two that come in elsewhere at the same instant are found by the unique key; then all are looked at
# once more.
_TRIES = 3


# What came of a review: its receipt, the ``Problem`` with it, or what broke.
Verdict = Receipt | Exception


def submit(*, token: str, review: NewReview) -> Receipt:
    """Store a review under an invitation's token and return the receipt.

    A bad first review opens its matter, a follow-up review moves it, in the same transaction; when
    this returns, all of it is durable. The same review under the same token and idempotency key
    gets the same receipt again. Raises an error of ``errors.py``; then nothing was changed.
    """
    [verdict] = submit_together([Given(tokens.read(token), review)])
    return receipt_in(verdict)


def receipt_in(verdict: Verdict) -> Receipt:
    """The receipt that came of a review. Raises what kept it from being stored."""
    if isinstance(verdict, Receipt):
        return verdict
    raise verdict


def submit_together(given: Sequence[Given], memo: Memo | None = None) -> list[Verdict]:
    """Store the reviews of many citizens; for each, in order, its receipt or what is wrong with it.

    When this returns, all that has a receipt is durable. See ``submit`` for one. Raises
    ``OperationalError`` or ``InterfaceError`` when the database is out of reach; then nobody has a
    receipt.
    """
    known = memo or Memo()
    known.refresh()
    tags = known.of(("tags", clock.today()), _levels_of_tags)
    verdicts: dict[int, Verdict] = {}
    together: dict[UUID, int] = {}
    alone: list[int] = []
    checked: dict[int, Given] = {}
    for place, one in enumerate(given):
        try:
            one = on_site.at_its_place(one)
            review = check(one.review, tags, ordinal=one.right.ordinal)
            checked[place] = one._replace(review=review)
        except Problem as problem:
            verdicts[place] = problem
            continue
        right = one.right
        if right.ordinal == FIRST and not one.review.photos and right.event_id not in together:
            together[right.event_id] = place
        else:
            alone.append(place)
    receipts = _together({key: checked[place] for key, place in together.items()}, known)
    for event_id, place in together.items():
        if event_id in receipts:
            verdicts[place] = receipts[event_id]
        else:
            alone.append(place)
    verdicts |= repeated.verdicts({place: checked[place] for place in alone})
    for place in sorted(set(alone) - verdicts.keys()):
        verdicts[place] = verdict = _alone(checked[place], known)
        if isinstance(verdict, OperationalError | InterfaceError):
            # The database is gone: the others are not made to wait for that as well.
            return [verdicts.get(number, verdict) for number in range(len(given))]
    return [verdicts[place] for place in range(len(given))]


def _together(wanted: Mapping[UUID, Given], memo: Memo) -> Mapping[UUID, Receipt]:
    """The receipts of those that could be stored together, by event."""
    for _try in range(_TRIES if wanted else 0):
        try:
            with _whole(wanted.values()):
                return _store(wanted, memo)
        except IntegrityError:
            continue
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            # One of them cannot be stored: each is tried alone.
            break
    return {}


def _whole(given: Iterable[Given]) -> AbstractContextManager[Any]:
    """All or nothing. On PostgreSQL good reviews are one statement, which needs no transaction
    around it: two waits for the database less."""
    is_one_statement = connection.vendor == "postgresql" and not connection.in_atomic_block
    if is_one_statement and not any(one.review.is_bad for one in given):
        return bulk.gathered()
    return transaction.atomic()


def _alone(one: Given, memo: Memo) -> Verdict:
    """What comes of a review that is stored by itself, or came of it when it was given before."""
    try:
        try:
            with transaction.atomic():
                stored = _store({one.right.event_id: one}, memo)
        except IntegrityError:
            stored = {}  # it was given elsewhere at the same instant
        if stored:
            return stored[one.right.event_id]
        return repeated.verdicts({0: one}).get(0) or _refusal(one)
    except Exception as error:
        return error


def _refusal(one: Given) -> Problem:
    """Why there was nothing to rate under a token that we gave out."""
    return errors.PlaceClosed() if isinstance(one.right, Visit) else errors.TokenInvalid()


def _levels_of_tags() -> dict[str, int]:
    return {code: tag.level for code, tag in current_tags().items()}


def _bodies(keys: set[UUID], memo: Memo) -> dict[UUID, Organisation]:
    """The organisations with these ``keys``, their regions loaded."""
    missing = memo.missing("body", keys)
    if missing:
        found = Organisation.objects.select_related("region").filter(pk__in=missing)
        memo.learn("body", ((body.pk, body) for body in found))
    return {key: memo.get("body", key) for key in keys}


class _Case(NamedTuple):
    """Of a case, what the log names and what the words are screened for."""

    pk: UUID
    item_code: str
    item_name: str
    project_no: str
    name_sealed: bytes
    identity_sealed: bytes
    mobile_sealed: bytes
    agent_sealed: bytes | None


class _Served(NamedTuple):
    """A service that may be rated."""

    event_id: UUID
    organisation_id: UUID
    clerks_as_json: str
    # Of one that came into being on site: no case, but what the place is about.
    case: _Case | None
    item_code: str
    item_name: str
    trust: str = Trust.VERIFIED.value

    @property
    def clerks(self) -> list[dict[str, str]]:
        found: list[dict[str, str]] = json.loads(self.clerks_as_json)
        return found


_SERVED = """
SELECT e.id, e.organisation_id, e.clerks, e.place_id, e.node_name,
  c.id, c.item_code, c.item_name, c.project_no,
  c.name_sealed, c.identity_sealed, c.mobile_sealed, c.agent_sealed
FROM reviews_serviceevent e LEFT JOIN reviews_case c ON c.id = e.case_id
WHERE e.id {among} AND NOT EXISTS (
  SELECT 1 FROM reviews_review r
  WHERE r.event_id = e.id AND r.organisation_id = e.organisation_id AND r.ordinal = %s)
"""


def _served(event_ids: Iterable[UUID], ordinal: int, memo: Memo) -> list[_Served]:
    """Those of the events that are there and have no review of this ``ordinal``. One query; one
    more when one of them came into being on site."""
    keys = list(event_ids)
    if not keys:
        return []
    if connection.vendor == "postgresql":
        sql = _SERVED.format(among="= ANY(%s::uuid[])")
        rows = bulk.fetch(sql, [bulk.array(keys), ordinal])
    else:
        sql = _SERVED.format(among="IN (SELECT value FROM json_each(%s))")
        rows = [
            (UUID(row[0]), UUID(row[1]), row[2], _key(row[3]), row[4], _key(row[5]), *row[6:])
            for row in bulk.fetch(sql, [json.dumps([key.hex for key in keys]), ordinal])
        ]
    spots = on_site.spots_of({row[3] for row in rows if row[3]}, memo)
    served = []
    for row in rows:
        if row[3] is None:
            case = _Case._make(row[5:])
            served.append(_Served(row[0], row[1], row[2], case, case.item_code, case.item_name))
        else:
            spot = spots[row[3]]
            served.append(_Served(row[0], row[1], row[2], None, spot.item_code, row[4], spot.trust))
    return served


def _key(found: str | None) -> UUID | None:
    return UUID(found) if found else None


class _Row(NamedTuple):
    """A review on its way into the tables."""

    key: UUID
    served: _Served | on_site.Arrival
    given: Given
    code: str


_COLUMNS = (
    *("id", "organisation", "event", "level", "tags", "channel"),
    *("hide_name_from_public", "hide_name_from_unit", "code_hash", "idempotency_hash", "entry"),
    "trust",
)


def _store(wanted: Mapping[UUID, Given], memo: Memo) -> dict[UUID, Receipt]:
    """Store those of ``wanted`` whose event is there and has no such review yet; all by event, all
    of one ordinal. Raises ``IntegrityError`` or a ``Problem``; then nothing was stored."""
    ordinal = next(iter(wanted.values())).right.ordinal
    arrived = on_site.arrivals(wanted, memo)
    invited = [key for key, one in wanted.items() if not isinstance(one.right, Visit)]
    there: list[_Served | on_site.Arrival] = [*_served(invited, ordinal, memo), *arrived]
    found = [
        (served, one)
        for served in there
        if served.organisation_id == (one := wanted[served.event_id]).right.organisation_id
    ]
    if not found:
        return {}
    rows = [
        _Row(key, served, one, code_for(event_id=served.event_id, ordinal=ordinal))
        for key, (served, one) in zip(ids.uuid7s(len(found)), found, strict=True)
    ]
    now = clock.now()
    day = clock.local(now).date().isoformat()
    bodies = _bodies({row.served.organisation_id for row in rows}, memo)
    said = []
    for row in rows:
        body = bodies[row.served.organisation_id]
        said.append(
            log.NewReview(
                body.pk, row.key, _public(row, body.uscc, body.region.code, day), _private(row)
            )
        )
    with bulk.gathered():
        on_site.store_events([(one, wanted[one.event_id]) for one in arrived], now)
        appended = log.append_reviews(said)
        pairs = list(zip(rows, appended, strict=True))
        bulk.insert(
            Review,
            _COLUMNS,
            [_columns(row, entry.key) for row, entry in pairs],
            same={"ordinal": ordinal, "accepted_at": now},
        )
        bulk.insert(
            ReviewContent,
            ("review", "text", "held_back"),
            [(row.key, row.given.review.text, _held_back(row)) for row in rows if _has_words(row)],
        )
        on_site.store_origins([(row.key, row.given.review) for row in rows])
        if ordinal == FIRST:
            _open_the_loop([pair for pair in pairs if _is_bad(pair[0])], bodies, now, memo)
    for row, entry in pairs:
        if row.given.review.photos:
            _keep_photos(row)
        if ordinal == FOLLOW_UP:
            _move_the_loop(row, entry)
    like = common(accepted_at=rfc3339(now), ordinal=ordinal)
    return {
        row.served.event_id: receipt_for(
            row.given.review,
            like,
            code=row.code,
            organisation=bodies[row.served.organisation_id].name_in(row.given.language),
            service=row.served.item_name,
            made=entry.made,
        )
        for row, entry in pairs
    }


def _public(row: _Row, uscc: str, region: str, day: str) -> dict[str, Any]:
    """What the log says of a review in clear."""
    review = row.given.review
    return {
        "organisation": uscc,
        "region": region,
        "item": row.served.item_code,
        "day": day,
        "ordinal": row.given.right.ordinal,
        "level": review.level,
        "tags": sorted(review.tags),
        "channel": review.channel.value,
        "trust": row.served.trust,
    }


def _private(row: _Row) -> dict[str, str]:
    """What it hides."""
    return {
        "event": row.served.event_id.hex,
        "text": row.given.review.text,
        "photos": " ".join([photo.sha256 for photo in row.given.review.photos]),
    }


def _columns(row: _Row, entry: UUID) -> tuple[Any, ...]:
    right, review = row.given.right, row.given.review
    return (
        *(row.key, right.organisation_id, right.event_id, review.level),
        *(json.dumps(review.tags), review.channel.value),
        *(review.hide_name_from_public, review.hide_name_from_unit, hash_of(row.code)),
        *(repeated.idempotency_hash(review), entry, row.served.trust),
    )


def _is_bad(row: _Row) -> bool:
    return row.given.review.is_bad


def _has_words(row: _Row) -> bool:
    return bool(row.given.review.text)


def _held_back(row: _Row) -> str:
    """Why the words are held back, as JSON."""
    return json.dumps([found.value for found in screen_for(row.served, row.given.review.text)])


def _keep_photos(row: _Row) -> None:
    for place, accepted in enumerate(row.given.review.photos, start=1):
        photo = Photo(
            review_id=row.key, media_type=accepted.media_type, sha256=accepted.sha256, place=place
        )
        photo.file.save(f"{photo.pk}{accepted.suffix}", accepted.as_django_file(), save=False)
        photo.save(force_insert=True)


def _open_the_loop(
    bad: Sequence[tuple[_Row, log.Appended]],
    bodies: Mapping[UUID, Organisation],
    now: datetime,
    memo: Memo,
) -> None:
    """The matters of bad first reviews."""
    if not bad:
        return
    matters.open_matters(
        [
            matters.Opening(
                kind=KIND,
                subject_id=row.key,
                organisation=(body := bodies[row.served.organisation_id]),
                accepted_at=now,
                public=_about(entry),
                concerned=clerks_concerned(
                    row.served.clerks, body, hidden=row.given.review.hide_name_from_unit
                ),
            )
            for row, entry in bad
        ],
        memo,
    )


def _move_the_loop(row: _Row, entry: log.Appended) -> None:
    """The matter of a follow-up review. Raises ``FollowUpNotOpen``."""
    matter = matter_of(_event(row.given.right))
    if matter is None or matter.follow_up != FollowUp.ASKED:
        raise errors.FollowUpNotOpen
    matters.follow_up(matter=matter, satisfied=not row.given.review.is_bad, public=_about(entry))


def _event(right: tokens.Right) -> ServiceEvent:
    """The service, as far as a look-up needs it."""
    return ServiceEvent(id=right.event_id, organisation_id=right.organisation_id)


def _about(entry: log.Appended) -> dict[str, str]:
    return {"about": entry.made.leaf_hash.hex()}


def takes_review(right: tokens.Right) -> bool:
    """Whether a review can still be stored under this token, so that looking at its pictures is
    worth while. Storing it decides, and says why not."""
    if isinstance(right, Visit):
        return bool(on_site.arrivals({right.event_id: Given(right, NewReview(0))}, Memo()))
    served = _served([right.event_id], right.ordinal, Memo())
    if not served or served[0].organisation_id != right.organisation_id:
        return False
    if right.ordinal == FIRST:
        return True
    matter = matter_of(_event(right))
    return matter is not None and matter.follow_up == FollowUp.ASKED
