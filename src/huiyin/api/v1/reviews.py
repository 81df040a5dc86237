"""Citizens rate through their own app: what an invitation is for, and giving the review."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Protocol

import msgspec
from django.http import HttpRequest
from django.utils.translation import get_language
from ninja import Router, Schema
from ninja.params.functions import Header
from ninja.responses import Status
from pydantic import Field, StrictBool, StrictInt, StrictStr

from huiyin.api.auth import address_of
from huiyin.api.openapi import raises
from huiyin.api.v1.shapes import Body, LevelTags
from huiyin.api.v1.tags import by_level
from huiyin.intake import challenge, guessing
from huiyin.intake.challenge import ChallengeDemanded
from huiyin.intake.guessing import wrong_tokens
from huiyin.intake.lane import Busy, Unavailable, lane
from huiyin.kernel.problems import TooMany
from huiyin.reviews import errors, services, tokens
from huiyin.reviews.models import Channel
from huiyin.reviews.queries import current_tags, invited_event

router = Router(tags=["reviews"])
TOKEN_PROBLEMS = (
    errors.TokenInvalid,
    errors.TokenExpired,
    errors.TokenUsed,
    errors.FollowUpNotOpen,
    errors.PlaceClosed,
    TooMany,
)
# Characters; tags.
MAX_TOKEN, MAX_KEY, MAX_TAGS = 200, 200, 40
# Any name of this form: which apps there are is nothing that an installation has to be told.
SUB_CHANNEL = "[a-z0-9][a-z0-9_.-]{0,39}"
Token = Annotated[
    StrictStr,
    Field(max_length=MAX_TOKEN, description="The part of the invitation link after /r/."),
]


class InvitationToken(Body):
    token: Token


class Invitation(Schema):
    """What an invitation is for. Nothing here says for whom."""

    ordinal: int = Field(description="1 first review, 2 follow-up review.")
    service: str
    organisation: str
    served_at: datetime
    online: bool
    hall: str
    counter: str
    expires_at: datetime
    levels: list[LevelTags]


class Said(Body):
    """What a citizen says, whatever the channel."""

    token: Token
    level: Annotated[
        StrictInt,
        Field(
            description="5 very satisfied … 1 very dissatisfied.",
            json_schema_extra={"minimum": 1, "maximum": 5},
        ),
    ]
    tags: Annotated[
        list[StrictStr],
        Field(
            default_factory=list,
            max_length=MAX_TAGS,
            description="Codes of the chosen level's tags.",
        ),
    ]
    text: Annotated[StrictStr, Field(json_schema_extra={"maxLength": services.MAX_TEXT})] = ""
    hide_name_from_public: StrictBool = False
    hide_name_from_unit: StrictBool = False


class NewReview(Said):
    channel: Literal["mobile", "web"] = "mobile"
    sub_channel: Annotated[
        StrictStr,
        Field(
            pattern=rf"^(?:{SUB_CHANNEL})?$",
            description="Which app or mini-program, such as `zlb`, `alipay` or `wechat`: your own "
            "name for it, the same each time. Kept beside the review; in no published figure.",
        ),
    ] = ""


class Receipt(Schema):
    """Keep it: the code alone opens the status page, and proves that the review is counted."""

    code: str
    accepted_at: str = Field(json_schema_extra={"format": "date-time"})
    ordinal: int
    level: int
    tags: list[str]
    text: str
    photos: int
    hide_name_from_public: bool
    hide_name_from_unit: bool
    organisation: str
    service: str
    entry_hash: str = Field(description="Leaf hash (hex) of the review's entry in the public log.")
    entry: str = Field(description="The entry itself: canonical JSON (RFC 8785), as text.")
    salts: dict[str, str] = Field(
        description="With the salt (hex) of `text` anybody can check that the log holds these "
        "words: HMAC-SHA256 of the text under it is the entry's `private.text`."
    )
    log: str
    log_url: str
    maximum_delay: int = Field(description="Seconds until the entry is public, at the latest.")
    promise: str = Field(description="A signed note (C2SP) in which the log promises just that.")
    log_key: str = Field(description="The verifier key of the promise.")
    status_url: str


class ReviewAccepted(Schema):
    receipt: Receipt


@router.post(
    "/invitations/inspect",
    response=Invitation,
    operation_id="inspectInvitation",
    summary="What an invitation is for",
    openapi_extra=raises(*TOKEN_PROBLEMS),
)
def inspect(request: HttpRequest, said: InvitationToken) -> Invitation:
    """Which service, when and where, and the tags to choose from. The token travels in the body:
    addresses end up in logs."""
    right = right_of(said.token, address=address_of(request))
    event = invited_event(right)
    return Invitation(
        ordinal=right.ordinal,
        service=event.item_title,
        organisation=str(event.organisation),
        served_at=event.occurred_at,
        online=event.online,
        hall=event.hall_name,
        counter=str(event.counter or event.counter_number),
        expires_at=right.expires_at,
        levels=by_level(current_tags().values()),
    )


@router.post(
    "/reviews",
    response={201: ReviewAccepted},
    operation_id="submitReview",
    summary="Give a review",
    openapi_extra=raises(
        *TOKEN_PROBLEMS,
        Busy,
        Unavailable,
        ChallengeDemanded,
        errors.IdempotencyKeyReused,
        errors.LevelInvalid,
        errors.DetailMissing,
        errors.TagUnknown,
        errors.TagOfAnotherLevel,
        errors.TextTooLong,
        errors.TextInvalid,
    ),
)
def submit(
    request: HttpRequest,
    said: NewReview,
    idempotency_key: Annotated[str, Header(alias="Idempotency-Key", max_length=MAX_KEY)] = "",
) -> Status[ReviewAccepted]:
    """Store a review for good; when this answers 201, it is durable.

    Levels 1 and 2 need a tag or a text, so that it can be put right; they open a matter at once.
    Send an `Idempotency-Key` of your own (such as a UUID): a repeated request with the same key
    and the same review answers the same receipt; with another review it is
    `idempotency-key-reused`. Any other second review is refused. Pictures cannot be sent here.
    When too many come at once the answer is 503 with `Retry-After`; nothing was stored then.
    """
    receipt = lane.give(
        services.Given(
            right_to_give(said.token, address=address_of(request)),
            review_of(
                said,
                channel=Channel(said.channel),
                key=idempotency_key,
                sub_channel=said.sub_channel,
            ),
            get_language() or "",
        )
    )
    return Status(201, ReviewAccepted(receipt=Receipt(**msgspec.to_builtins(receipt))))


class WhatIsSaid(Protocol):
    """A body that says a review, however it was read."""

    level: int
    tags: list[str]
    text: str
    hide_name_from_public: bool
    hide_name_from_unit: bool


def review_of(
    said: WhatIsSaid, *, channel: Channel, key: str, sub_channel: str = ""
) -> services.NewReview:
    return services.NewReview(
        said.level,
        said.tags,
        said.text,
        said.hide_name_from_public,
        said.hide_name_from_unit,
        channel=channel,
        idempotency_key=key,
        sub_channel=sub_channel,
    )


def right_to_give(token: str, *, address: str) -> tokens.Right:
    """As ``right_of``, for giving a review. A sheet lets anybody come as often as they like, here
    as on its page, so these are counted; under attack only the page takes them, with its proof.
    """
    right = right_of(token, address=address)
    if isinstance(right, tokens.Visit) and right.channel == Channel.QR:
        keys = challenge.keys_of(right.place_id, address)
        challenge.note(keys)
        challenge.check({}, keys, bound=right.visit_id.hex)
    return right


def right_of(token: str, *, address: str) -> tokens.Right:
    """The right in ``token``. Whoever tries many that are none, from one ``address``, is slowed
    down."""
    try:
        return tokens.read(token)
    except errors.TokenInvalid:
        # Only tokens that are none count: two hundred people in one hall never hold each other up.
        guessing.count(wrong_tokens, address)
        raise
