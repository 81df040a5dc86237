"""What of a review or a rectification is told to the platform above: what it asks for, no more.

No name, no number, no contact: the platform above knows the service from the business system. A
text goes only when it is published, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from huiyin.dialects import codes
from huiyin.dialects.models import UpwardReport
from huiyin.kernel import clock
from huiyin.matters.models import Matter
from huiyin.reviews.models import Review

_PF: Mapping[str, str] = {channel: code for code, channel in codes.PF_NATIONAL.items()}
_YES, _NO = "1", "2"
_LONGEST_TEXT = 2000

Content = dict[str, str]


@dataclass(frozen=True)
class Prepared:
    """What would be sent, or why nothing is."""

    content: Content | None = None
    withheld: str = ""


def prepared(reports: Sequence[UpwardReport]) -> dict[UUID, Prepared]:
    """What each of ``reports`` would say now, by its key. A fixed number of queries."""
    matters = {
        matter.pk: matter
        for matter in Matter.objects.filter(
            pk__in=_subjects(reports, UpwardReport.Kind.RECTIFICATION)
        )
    }
    wanted = _subjects(reports, UpwardReport.Kind.REVIEW)
    wanted |= {matter.subject_id for matter in matters.values()}
    reviews = {
        review.pk: review
        for review in Review.objects.filter(pk__in=wanted).select_related(
            "organisation", "event__case", "content"
        )
    }
    found = {}
    for report in reports:
        source = report.platform.data_source
        if report.kind == UpwardReport.Kind.REVIEW:
            found[report.pk] = _review(reviews[report.subject_id], source)
        else:
            matter = matters[report.subject_id]
            found[report.pk] = _rectification(matter, reviews[matter.subject_id], source)
    return found


def _subjects(reports: Iterable[UpwardReport], kind: UpwardReport.Kind) -> set[UUID]:
    return {report.subject_id for report in reports if report.kind == kind}


def _review(review: Review, source: str) -> Prepared:
    words = review.words
    if review.channel not in _PF:
        return Prepared(withheld=_("The platform above has no code for this channel."))
    text = words.text[:_LONGEST_TEXT] if words and not words.held_back else ""
    if review.is_bad and not review.tags and not text:
        return Prepared(
            withheld=_("A bad review needs a reason, and its text is held back from publication.")
        )
    content = _about(review, source) | {
        "pf": _PF[review.channel],
        "satisfaction": str(review.level),
        "evalDetail": ",".join(review.tags),
        "writingEvaluation": text,
        "assessTime": _time(review.accepted_at),
        "anonymityFlag": _YES if review.hide_name_from_public else _NO,
        "isdefault": "0",
    }
    return Prepared({name: value for name, value in content.items() if value})


def _rectification(matter: Matter, review: Review, source: str) -> Prepared:
    confirmed = {True: _YES, False: _NO, None: ""}[matter.confirmed]
    content = _about(review, source) | {
        "rectifyResult": matter.result_class,
        "rectifyTime": _time(matter.told_at) if matter.told_at else "",
        "finishTime": _time(matter.closed_at) if matter.closed_at else "",
        "rectifyRound": str(matter.round),
        "confirmed": confirmed,
    }
    return Prepared({name: value for name, value in content.items() if value})


def _about(review: Review, source: str) -> Content:
    case = review.event.case
    if case is None:
        raise LookupError("a review on the spot has no case that the platform above knows")
    return {
        "projectNo": case.project_no,
        "serviceNumber": str(review.event.service_number),
        "assessNumber": str(review.ordinal),
        "areaCode": case.jurisdiction,
        "deptCode": review.organisation.uscc,
        "taskCode": case.item_code,
        "dataSource": source,
    }


def _time(moment: datetime) -> str:
    return clock.local(moment).strftime("%Y-%m-%d %H:%M:%S")
