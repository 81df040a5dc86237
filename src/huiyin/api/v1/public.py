"""What everybody may read: figures, and the log's entries whose epochs are sealed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from django.conf import settings
from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field, WithJsonSchema

from huiyin.api.auth import address_of
from huiyin.api.openapi import raises
from huiyin.api.v1.shapes import Day
from huiyin.directory.codes import is_uscc, twelve_digits
from huiyin.directory.models import Organisation, Region
from huiyin.indicators import queries
from huiyin.indicators.definitions import Kind
from huiyin.indicators.errors import OrganisationUnknown, PeriodInvalid, RegionUnknown
from huiyin.indicators.figures import Figure, Place, Scope, State
from huiyin.indicators.queries import Picture
from huiyin.kernel.addresses import block_of
from huiyin.kernel.problems import Invalid, TooMany
from huiyin.kernel.throttle import Throttle
from huiyin.log.models import Leaf

router = Router(tags=["public"])
PAGE_SIZE = 500
# A question about a period of one's own adds up all of its tallies.
questions = Throttle(burst=60, per_minute=120, name="figures")


class SealedEpoch(Schema):
    number: int
    sealed_at: datetime


class FiguresOf(Schema):
    region: str | None = Field(description="12-digit division code, with all regions in it.")
    organisation: str | None = Field(
        description="Unified social credit code, with all bodies below it."
    )
    name: str


class Months(Schema):
    first: date = Field(description="The first day that is counted.")
    last: date = Field(description="The last day that is counted.")


class Bounds(Schema):
    low: float
    high: float
    level: float = 0.95


# Written out: in the document, ``State`` is that of a matter.
_STATES: dict[str, Any] = {"type": "string", "enum": [state.value for state in State]}


class FigureShown(Schema):
    code: str
    version: int
    name: str
    explanation: str
    kind: Kind
    state: Annotated[State, WithJsonSchema(_STATES)] = Field(
        description="shown; no_data: nothing to count; suppressed: too few cases, or others could "
        "be computed from it; no_share: the numerator exceeds the denominator."
    )
    numerator: int | None
    denominator: int | None
    value: float | None = Field(description="The share, 0 to 1; or the count. Never rounded up.")
    interval: Bounds | None = Field(description="Wilson's interval of the share.")
    median_ms: int | None
    p99_ms: int | None


class Figures(Schema):
    place: FiguresOf
    period: Months
    epoch: SealedEpoch | None = Field(
        description="The newest epoch that is in the figures; null before the first."
    )
    suppressed_below: int
    figures: list[FigureShown]


class LogEntry(Schema):
    index: int = Field(description="The entry's place in the log, from 0.")
    epoch: int
    leaf_hash: str = Field(description="SHA-256 of 0x00 and the entry's bytes, hex (RFC 6962).")
    entry: str = Field(description="The entry: canonical JSON (RFC 8785), as text.")


class Published(Schema):
    log: str
    entries: list[LogEntry]
    next_cursor: str | None = Field(
        description="Ask with it for what follows; null at the end. Later, go on with the last "
        "index plus one."
    )


_Region = Annotated[
    str | None,
    Query(description="Division code, 6 or 12 digits. Default: the whole jurisdiction."),
]
_Organisation = Annotated[
    str | None, Query(description="Unified social credit code. Not together with region.")
]
_From = Annotated[Day | None, Query(alias="from", description="A day of the first month.")]
_To = Annotated[Day | None, Query(alias="to", description="A day of the last month.")]
_Cursor = Annotated[
    str | None,
    Query(
        description="The index to start from; what next_cursor says. Empty: the first page.",
        pattern="^[0-9]{0,18}$",
    ),
]


@router.get(
    "/figures",
    response=Figures,
    operation_id="getFigures",
    summary="The published figures of a region or an organisation",
    openapi_extra=raises(RegionUnknown, OrganisationUnknown, PeriodInvalid, TooMany),
)
def get_figures(
    request: HttpRequest,
    region: _Region = None,
    organisation: _Organisation = None,
    since: _From = None,
    until: _To = None,
) -> Figures:
    """As of the newest epoch. Periods are whole months: those of `from` and `to` and all between;
    the answer names the days. By default the twelve months up to the newest epoch."""
    if since or until:
        # What everybody asks is added up once an epoch: it is never held up.
        block = block_of(address_of(request))
        questions.check(block)
        questions.spend(block)
    node = place_asked_for(region, organisation)
    picture = queries.picture(first=since, last=until)
    if isinstance(node, Organisation):
        return _answer(picture, picture.figures.place_of(node.uscc), named(node))
    return _answer(picture, Place(Scope.REGION, node.code), named(node))


def place_asked_for(region: str | None, organisation: str | None) -> Region | Organisation:
    """The place of a question; by default the whole jurisdiction. One query.

    Raises ``RegionUnknown``, ``OrganisationUnknown``, and ``Invalid`` when both are named.
    """
    if region and organisation:
        raise Invalid(field="organisation")
    if organisation:
        uscc = organisation.upper()
        # What has not the shape of a code never reaches the database, which may stumble over it.
        bodies = Organisation.objects.select_related("region", "parent")
        body = bodies.filter(uscc=uscc).first() if is_uscc(uscc) else None
        if body is None:
            raise OrganisationUnknown(field="organisation")
        return body
    code = twelve_digits(region) if region else settings.HUIYIN_JURISDICTION
    found = Region.objects.filter(code=code).first() if code else None
    if found is None:
        raise RegionUnknown(field="region")
    return found


def named(node: Region | Organisation) -> FiguresOf:
    """How an answer names its place."""
    if isinstance(node, Organisation):
        return FiguresOf(region=None, organisation=node.uscc, name=str(node))
    return FiguresOf(region=node.code, organisation=None, name=str(node))


@router.get(
    "/published",
    response=Published,
    operation_id="listPublished",
    summary="The entries of the public log",
)
def list_published(request: HttpRequest, cursor: _Cursor = None) -> Published:
    """Every entry whose epoch is sealed, by index, 500 at a time. One query."""
    start = int(cursor or 0)
    leaves = list(
        Leaf.objects.filter(index__gte=start)
        .select_related("entry")
        .order_by("index")[: PAGE_SIZE + 1]
    )
    following = str(leaves[PAGE_SIZE].index) if len(leaves) > PAGE_SIZE else None
    return Published(
        log=settings.HUIYIN_LOG_NAME,
        entries=[
            LogEntry(
                index=leaf.index,
                epoch=leaf.epoch_id,
                leaf_hash=bytes(leaf.entry.leaf_hash).hex(),
                entry=leaf.entry.public,
            )
            for leaf in leaves[:PAGE_SIZE]
        ],
        next_cursor=following,
    )


def _answer(picture: Picture, place: Place, of: FiguresOf) -> Figures:
    epoch = picture.epoch
    return Figures(
        place=of,
        period=Months(first=picture.period.first, last=picture.period.last),
        epoch=SealedEpoch(number=epoch.number, sealed_at=epoch.sealed_at) if epoch else None,
        suppressed_below=settings.HUIYIN_SUPPRESS_BELOW,
        figures=[_shown(figure) for figure in picture.figures.figures(place)],
    )


def _shown(figure: Figure) -> FigureShown:
    indicator = figure.indicator
    value: float | None = None
    if figure.share is not None:
        value = float(figure.share)
    elif indicator.kind == Kind.COUNT and figure.numerator is not None:
        value = figure.numerator
    return FigureShown(
        code=indicator.code,
        version=indicator.version,
        name=str(indicator.name),
        explanation=str(indicator.explanation),
        kind=indicator.kind,
        state=figure.state,
        numerator=figure.numerator,
        denominator=figure.denominator,
        value=value,
        interval=Bounds(low=figure.interval.low, high=figure.interval.high)
        if figure.interval
        else None,
        median_ms=figure.median,
        p99_ms=figure.p99,
    )
