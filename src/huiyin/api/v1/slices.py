"""Figures by one dimension of the reviews: for everybody, as JSON or as a table to download."""

from __future__ import annotations

import csv
import io
from typing import Annotated, Literal

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from huiyin.api.auth import address_of
from huiyin.api.openapi import raises
from huiyin.api.v1.public import (
    Bounds,
    FiguresOf,
    Months,
    SealedEpoch,
    named,
    place_asked_for,
    questions,
)
from huiyin.indicators import periods, queries
from huiyin.indicators.errors import (
    OrganisationUnknown,
    PeriodInvalid,
    RegionUnknown,
    SliceUnknown,
)
from huiyin.indicators.slices import queries as slices
from huiyin.indicators.slices.dimensions import Dimension
from huiyin.indicators.slices.queries import SliceRow, SliceTable
from huiyin.kernel import clock
from huiyin.kernel.addresses import block_of
from huiyin.kernel.problems import TooMany

router = Router(tags=["public"])
# The first bytes by which spreadsheets know UTF-8.
_BOM = "\ufeff"


class MemberShown(Schema):
    member: str = Field(description="The code; empty for an item that was not named.")
    name: str
    reviews: int = Field(description="Released reviews: 0 or never fewer than the floor.")
    good: int | None = Field(description="Levels 3 to 5; null where few could be found out.")
    bad: int | None = Field(description="Levels 1 and 2; null where few could be found out.")
    value: float | None = Field(description="good ÷ reviews, 0 to 1. Never rounded up.")
    interval: Bounds | None = Field(description="Wilson's interval of the share.")


class SliceShown(Schema):
    place: FiguresOf
    by: Dimension
    period: Months
    epoch: SealedEpoch | None = Field(
        description="The newest epoch that is in the figures; null before the first."
    )
    suppressed_below: int
    members: list[MemberShown] = Field(description="The largest first, 50 at most.")
    others: int | None = Field(
        description="Released reviews of members without a row; null where they are few, or by "
        "tag, of which a review may have several."
    )


_Region = Annotated[
    str | None,
    Query(description="Division code, 6 or 12 digits. Default: the whole jurisdiction."),
]
_Organisation = Annotated[
    str | None, Query(description="Unified social credit code. Not together with region.")
]
_Period = Annotated[
    str, Query(description="A month (2026-11), a year (2026) or latest: the last twelve months.")
]
_By = Annotated[str, Query(description="channel, trust, level, item or tag.")]
_Format = Annotated[
    Literal["json", "csv"],
    Query(
        alias="format",
        description="csv: a file in UTF-8 with a byte order mark, as spreadsheets read it.",
    ),
]


@router.get(
    "/figures/slices",
    response=SliceShown,
    operation_id="getSlice",
    summary="The reviews of a region or an organisation by channel, trust, level, item or tag",
    openapi_extra=raises(RegionUnknown, OrganisationUnknown, PeriodInvalid, SliceUnknown, TooMany),
)
def get_slice(
    request: HttpRequest,
    by: _By,
    region: _Region = None,
    organisation: _Organisation = None,
    period: _Period = "latest",
    wanted: _Format = "json",
) -> SliceShown | HttpResponse:
    """As of the newest epoch. A unit's reviews are counted once at least as many of the same month
    and member have come as the floor asks, so a table lags behind the place's figures by a few."""
    block = block_of(address_of(request))
    questions.check(block)
    questions.spend(block)
    if by not in set(Dimension):
        raise SliceUnknown(field="by")
    node = place_asked_for(region, organisation)
    folded = queries.latest()
    today = clock.local(folded.epoch.sealed_at).date() if folded else clock.today()
    table = slices.read(node, periods.parse(period, today=today), Dimension(by))
    of = named(node)
    if wanted == "csv":
        return _file(table, of)
    epoch = folded.epoch if folded else None
    return SliceShown(
        place=of,
        by=table.dimension,
        period=Months(first=table.period.first, last=table.period.last),
        epoch=SealedEpoch(number=epoch.number, sealed_at=epoch.sealed_at) if epoch else None,
        suppressed_below=settings.HUIYIN_SUPPRESS_BELOW,
        members=[_shown(row) for row in table.rows],
        others=table.others,
    )


def _shown(row: SliceRow) -> MemberShown:
    interval = row.interval
    return MemberShown(
        member=row.member,
        name=row.name,
        reviews=row.reviews,
        good=row.good,
        bad=row.bad,
        value=float(row.share) if row.share is not None else None,
        interval=Bounds(low=interval.low, high=interval.high) if interval else None,
    )


def _file(table: SliceTable, of: FiguresOf) -> HttpResponse:
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(["member", "name", "reviews", "good", "bad", "value", "low", "high"])
    for row in table.rows:
        share, interval = row.share, row.interval
        bounds = (interval.low, interval.high) if interval else (None, None)
        rows.writerow(
            [
                _plain(row.member),
                _plain(row.name),
                *(row.reviews, row.good, row.bad),
                *(None if share is None else float(share), *bounds),
            ]
        )
    code = of.organisation or of.region
    name = f"huiyin-{table.dimension.value}-{code}-{table.period.code}.csv"
    return HttpResponse(
        _BOM + text.getvalue(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _plain(text: str) -> str:
    """``text`` as a spreadsheet shows it: never read as a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
