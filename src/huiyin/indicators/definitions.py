"""Every published figure: its name, what it counts, and the version of that definition.

A figure changes its meaning only together with its version; the numbers behind it are sums of
tallies (``fold.py``), so that anybody can recompute it from the log.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from huiyin.indicators.fold import Metric


class Kind(StrEnum):
    COUNT = "count"
    SHARE = "share"
    QUANTILES = "quantiles"


@dataclass(frozen=True)
class Term:
    """A sum of tallies: one metric, some of its values and trust grades (None: all)."""

    metric: Metric
    values: frozenset[int] | None = None
    trust: frozenset[str] | None = None

    def covers(self, metric: str, value: int, trust: str) -> bool:
        return (
            metric == self.metric
            and (self.values is None or value in self.values)
            and (self.trust is None or trust in self.trust)
        )


@dataclass(frozen=True)
class Rest:
    """What of ``whole`` is not in ``part``, where the two count different things."""

    whole: Term
    part: Term


Measure = Term | Rest


@dataclass(frozen=True)
class Indicator:
    """A figure with a name. A share is numerator ÷ denominator, or its complement."""

    code: str
    version: int
    kind: Kind
    name: str | Promise
    explanation: str | Promise
    numerator: Measure
    denominator: Term | None = None

    @property
    def remainder(self) -> Measure | None:
        """What of the denominator is not in the numerator; as telling as the numerator."""
        return rest_of(self.denominator, self.numerator) if self.denominator else None


def rest_of(whole: Term, part: Measure) -> Measure:
    """``whole`` without ``part``. Equal rests are equal objects, whichever figure asks."""
    if isinstance(part, Rest):
        return part.part
    if part.metric == whole.metric and part.trust == whole.trust and whole.values and part.values:
        return Term(whole.metric, whole.values - part.values, whole.trust)
    return Rest(whole, part)


# Reviews by citizens themselves; what staff typed in from paper, or was imported, never enters a
# headline figure.
ACTIVE = frozenset({"verified", "on_site"})
LEVELS = frozenset({1, 2, 3, 4, 5})
GOOD, BAD = frozenset({3, 4, 5}), frozenset({1, 2})
IN_TIME, LATE = frozenset({1}), frozenset({0})
YES, NO = frozenset({1}), frozenset({0})

REVIEWS = Term(Metric.REVIEW, LEVELS, ACTIVE)
GOOD_REVIEWS = Term(Metric.REVIEW, GOOD, ACTIVE)
BAD_REVIEWS = Term(Metric.REVIEW, BAD, ACTIVE)
VERIFIED = Term(Metric.REVIEW, LEVELS, frozenset({"verified"}))
ON_SITE = Term(Metric.REVIEW, LEVELS, frozenset({"on_site"}))
PAPER = Term(Metric.REVIEW, LEVELS, frozenset({"paper"}))
IMPORTED = Term(Metric.REVIEW, LEVELS, frozenset({"imported"}))
LEVEL_COUNTS = {
    level: Term(Metric.REVIEW, frozenset({level}), ACTIVE) for level in sorted(LEVELS, reverse=True)
}
SERVICES = Term(Metric.SERVICE)
MATTERS = Term(Metric.MATTER)
CALLBACKS = Term(Metric.CALLBACK, IN_TIME | LATE)
DUE = Term(Metric.DUE, IN_TIME | LATE)
CLOSED = Term(Metric.CLOSED, YES | NO)
RULED = Term(Metric.RULED, YES | NO)
VOIDED = Term(Metric.VOIDED, trust=ACTIVE)
FOLLOW_UPS = Term(Metric.FOLLOW_UP, LEVELS, ACTIVE)
DELIVERIES = Term(Metric.DELIVERY)
BY_ZWDING, BY_EMAIL, BY_SMS = map(Term, (Metric.BY_ZWDING, Metric.BY_EMAIL, Metric.BY_SMS))
# Whose quantiles are published.
DELAYS = (DELIVERIES, BY_ZWDING, BY_EMAIL, BY_SMS)

_BY_ONE_TRANSPORT = _(
    "Time until the first person's notice of a bad review was handed over this way: median and "
    "99th percentile, rounded up to two digits. It counts from when they were to be told so, which "
    "may be after a night or after another way had stayed unread."
)

INDICATORS: tuple[Indicator, ...] = (
    Indicator(
        "active_reviews",
        2,
        Kind.COUNT,
        pgettext_lazy("figure", "Reviews"),
        _(
            "First reviews that citizens gave themselves. Silence is not a review. Those that a "
            "ruling voided are counted apart."
        ),
        REVIEWS,
    ),
    Indicator(
        "good_rate",
        2,
        Kind.SHARE,
        pgettext_lazy("figure", "Good reviews"),
        _("Levels 3 to 5 (fairly satisfied or better) among the reviews."),
        GOOD_REVIEWS,
        REVIEWS,
    ),
    Indicator(
        "bad_rate",
        2,
        Kind.SHARE,
        pgettext_lazy("figure", "Bad reviews"),
        _("Levels 1 and 2 (dissatisfied) among the reviews."),
        BAD_REVIEWS,
        REVIEWS,
    ),
    Indicator(
        "active_rating_rate",
        2,
        Kind.SHARE,
        pgettext_lazy("figure", "Services rated"),
        _("Reviews bound to a service, for every service that was reported in the period."),
        VERIFIED,
        SERVICES,
    ),
    Indicator(
        "unrated_rate",
        2,
        Kind.SHARE,
        pgettext_lazy("figure", "Services not rated"),
        _("Reported services without a review. They are counted as silence, not as praise."),
        Rest(SERVICES, VERIFIED),
        SERVICES,
    ),
    Indicator(
        "callback_rate",
        2,
        Kind.SHARE,
        pgettext_lazy("figure", "Called back"),
        _("Bad reviews opened in the period whose citizen the unit has reached since."),
        CALLBACKS,
        MATTERS,
    ),
    Indicator(
        "callback_in_time_rate",
        2,
        Kind.SHARE,
        pgettext_lazy("figure", "Called back in time"),
        _("Bad reviews opened in the period whose citizen was reached within the time allowed."),
        Term(Metric.CALLBACK, IN_TIME),
        MATTERS,
    ),
    Indicator(
        "on_time_rectification",
        2,
        Kind.SHARE,
        pgettext_lazy("figure", "Put right and answered in time"),
        _(
            "Of the rectifications that fell due in the period, those whose reply reached the "
            "citizen in time, which may have been extended. A reopened matter falls due again; one "
            "that was withdrawn or voided before its time does not fall due."
        ),
        Term(Metric.DUE, IN_TIME),
        DUE,
    ),
    Indicator(
        "reopen_rate",
        2,
        Kind.SHARE,
        pgettext_lazy("figure", "Reopened"),
        _(
            "Bad reviews opened in the period that the citizen's follow-up review reopened, or the "
            "report of a faked rectification."
        ),
        Term(Metric.REOPENED),
        MATTERS,
    ),
    Indicator(
        "extension_rate",
        1,
        Kind.SHARE,
        pgettext_lazy("figure", "Given more time"),
        _("Bad reviews opened in the period whose deadline was extended."),
        Term(Metric.EXTENDED),
        MATTERS,
    ),
    Indicator(
        "withdrawal_rate",
        1,
        Kind.SHARE,
        pgettext_lazy("figure", "Withdrawn"),
        _(
            "Bad reviews opened in the period that the citizen took back. They count as closed and "
            "not as confirmed."
        ),
        Term(Metric.WITHDRAWN),
        MATTERS,
    ),
    Indicator(
        "appeal_rate",
        1,
        Kind.SHARE,
        pgettext_lazy("figure", "Appealed against"),
        _("Bad reviews opened in the period against which the unit appealed."),
        Term(Metric.APPEALED),
        MATTERS,
    ),
    Indicator(
        "upheld_rate",
        1,
        Kind.SHARE,
        pgettext_lazy("figure", "Appeals upheld"),
        _("Of the units' appeals that were ruled on, those in which the arbiter agreed."),
        Term(Metric.RULED, YES),
        RULED,
    ),
    Indicator(
        "voided_reviews",
        1,
        Kind.COUNT,
        pgettext_lazy("figure", "Reviews voided"),
        _("First reviews given in the period that a ruling voided. They stay visible as voided."),
        VOIDED,
    ),
    Indicator(
        "verified_reviews",
        1,
        Kind.COUNT,
        pgettext_lazy("figure", "… bound to a service"),
        _("Of the reviews, those whose citizen was invited to rate one service that is known."),
        VERIFIED,
    ),
    Indicator(
        "on_site_reviews",
        1,
        Kind.COUNT,
        pgettext_lazy("figure", "… given on site"),
        _(
            "Of the reviews, those given by a QR code at the counter, a device or a terminal. That "
            "the citizen was there is likely; which service they used is not known."
        ),
        ON_SITE,
    ),
    Indicator(
        "paper_reviews",
        1,
        Kind.COUNT,
        pgettext_lazy("figure", "Reviews on paper"),
        _(
            "Reviews that citizens wrote on paper and staff typed in. They are counted here and in "
            "no other figure of reviews."
        ),
        PAPER,
    ),
    Indicator(
        "imported_reviews",
        1,
        Kind.COUNT,
        pgettext_lazy("figure", "Imported reviews"),
        _(
            "Reviews of the period that other systems took and that were taken over from them. "
            "They are counted here and in no other figure."
        ),
        IMPORTED,
    ),
    Indicator(
        "follow_up_good_rate",
        1,
        Kind.SHARE,
        pgettext_lazy("figure", "Good follow-up reviews"),
        _("Levels 3 to 5 among the follow-up reviews given in the period."),
        Term(Metric.FOLLOW_UP, GOOD, ACTIVE),
        FOLLOW_UPS,
    ),
    Indicator(
        "closing_rate",
        2,
        Kind.SHARE,
        pgettext_lazy("figure", "Closed"),
        _("Bad reviews opened in the period that are closed by now: what the unit has finished."),
        CLOSED,
        MATTERS,
    ),
    Indicator(
        "confirmed_solved_rate",
        1,
        Kind.SHARE,
        pgettext_lazy("figure", "Confirmed as solved"),
        _("Closed bad reviews whose citizen confirmed the result: what the citizen says."),
        Term(Metric.CLOSED, YES),
        CLOSED,
    ),
    Indicator(
        "delivery_delay",
        1,
        Kind.QUANTILES,
        pgettext_lazy("figure", "Delivery of a bad review to its unit"),
        _(
            "Time from acceptance to the first arrival at a person's inbox or device: median and "
            "99th percentile, rounded up to two digits."
        ),
        DELIVERIES,
    ),
    *(
        Indicator(code, 1, Kind.QUANTILES, name, _BY_ONE_TRANSPORT, delays)
        for code, name, delays in (
            ("delay_by_zwding", pgettext_lazy("figure", "… by government DingTalk"), BY_ZWDING),
            ("delay_by_email", pgettext_lazy("figure", "… by e-mail"), BY_EMAIL),
            ("delay_by_sms", pgettext_lazy("figure", "… by text message"), BY_SMS),
        )
    ),
)
BY_CODE = {indicator.code: indicator for indicator in INDICATORS}

# Which counts add up to which: hiding one of them is in vain when the others tell it.
PARTITIONS: tuple[tuple[Measure, tuple[Measure, ...]], ...] = (
    (REVIEWS, (GOOD_REVIEWS, BAD_REVIEWS)),
    (REVIEWS, (VERIFIED, ON_SITE)),
    (GOOD_REVIEWS, tuple(LEVEL_COUNTS[level] for level in sorted(GOOD))),
    (BAD_REVIEWS, tuple(LEVEL_COUNTS[level] for level in sorted(BAD))),
    *(
        (indicator.denominator, (indicator.numerator, indicator.remainder))
        for indicator in INDICATORS
        if indicator.denominator and indicator.remainder
    ),
)
MEASURES: frozenset[Measure] = frozenset(
    {
        PAPER,
        IMPORTED,
        VOIDED,
        *DELAYS,
        *(measure for whole, parts in PARTITIONS for measure in (whole, *parts)),
    }
)
