"""Devices that citizens rate on, and the counter's software that wakes them."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language, override
from ninja import Router, Schema
from ninja.responses import Status
from pydantic import AfterValidator, AwareDatetime, Field, StrictInt, StrictStr, WithJsonSchema

from huiyin.api.auth import DeviceKey, IntegratorKey, address_of
from huiyin.api.openapi import PROBLEM, raises
from huiyin.api.problems import refused_by_django
from huiyin.api.v1.reviews import MAX_KEY, MAX_TAGS
from huiyin.api.v1.shapes import Body, need_storable
from huiyin.intake.channels.counter_device import rating, waking
from huiyin.intake.channels.kiosk import delivering
from huiyin.intake.devices import errors, services
from huiyin.intake.devices.models import Device, Wake
from huiyin.intake.lane import Busy, Unavailable
from huiyin.kernel.problems import Invalid, Problem, TooMany
from huiyin.kernel.throttle import Throttle
from huiyin.reviews import errors as reviews
from huiyin.reviews.models import Channel, Integrator, Level
from huiyin.reviews.queries import current_tags
from huiyin.reviews.receipts import Receipt
from huiyin.reviews.services import NewReview, Verdict

router = Router(tags=["devices"], auth=DeviceKey())
waker_router = Router(tags=["devices"], auth=IntegratorKey())
LANGUAGES = ("zh-hans", "en")
# A pairing code has 55 bits; this saves work, not secrets.
wrong_codes = Throttle(burst=20, per_minute=10)
# For one device: a citizen presses once.
presses = Throttle(burst=30, per_minute=60)
# A terminal tries every few seconds at most.
deliveries = Throttle(burst=60, per_minute=120)
MAX_RATINGS = 50
wakes = Throttle(burst=200, per_minute=1200)

_STORING = (
    TooMany,
    Busy,
    Unavailable,
    errors.DeviceRevoked,
    errors.NothingToRate,
    reviews.TokenUsed,
    reviews.IdempotencyKeyReused,
)
Word = Annotated[StrictStr, Field(max_length=40), AfterValidator(need_storable)]
Count = Annotated[StrictInt, Field(ge=0, le=2**31 - 1)]


class Pairing(Body):
    code: Annotated[StrictStr, Field(max_length=40, description="As the desk showed it, once.")]
    public_key: Annotated[
        StrictStr,
        Field(
            max_length=120,
            description="Of a device that signs: its P-256 public key, the uncompressed point in "
            "URL-safe Base64. Empty for one that does not.",
        ),
    ] = ""
    software: Word = ""


class Paired(Schema):
    device: UUID
    kind: Device.Kind
    name: str
    key: str = Field(description="Shown once. Send it as “Authorization: Bearer …”.")


class InLanguages(Schema):
    zh_hans: str
    en: str


class DeviceTag(Schema):
    code: str
    label: InLanguages


class DeviceLevel(Schema):
    level: int
    words: InLanguages
    tags: list[DeviceTag]


class DeviceSettings(Schema):
    """All that a device needs to take ratings, also while its network is away."""

    device: UUID
    kind: Device.Kind
    name: str
    organisation: InLanguages
    counter: str
    levels: list[DeviceLevel]
    idle_seconds: int
    keep_days: int = Field(description="Days after which a rating that was kept is refused.")
    base_url: str


class Beat(Body):
    """What a device says of itself; leave out what does not apply."""

    software: Word = ""
    waiting: Annotated[Count | None, Field(description="Ratings that wait on it.")] = None
    refused: Annotated[
        Count | None, Field(description="Ratings so far that it could not deliver.")
    ] = None


class Touched(Body):
    wake: Annotated[UUID, Field(strict=False)]
    level: Annotated[StrictInt, Field(json_schema_extra={"minimum": 1, "maximum": 5})]
    tags: Annotated[list[StrictStr], Field(default_factory=list, max_length=MAX_TAGS)]
    key: Annotated[
        StrictStr,
        Field(min_length=1, max_length=MAX_KEY, description="Random, made with the rating."),
    ]


class Followed(Schema):
    """Where the citizen follows what becomes of the rating."""

    code: str
    status_url: str


class Pressed(Body):
    key: Annotated[
        StrictStr, Field(min_length=1, max_length=20, description="As the device numbers it.")
    ]
    press: Annotated[
        StrictStr, Field(min_length=1, max_length=MAX_KEY, description="Random, made at the press.")
    ]


class Taken(Schema):
    taken: bool = Field(description="Always true; nothing is said of what was stored.")


class SignedRating(Body):
    said: Annotated[
        StrictStr,
        Field(
            min_length=1,
            max_length=delivering.MAX_SAID,
            description="JSON, exactly as it was signed: `device`, `visit` (UUIDv8), `level`, "
            "`tags`, `claimed_at` (by the device's clock, with a zone).",
        ),
    ]
    signature: Annotated[
        StrictStr,
        Field(
            max_length=100,
            description="ECDSA over P-256 with SHA-256 of `huiyin.rating.1`, a line break, and "
            "`said`: r and s, 32 bytes each, in URL-safe Base64.",
        ),
    ]


class ToDeliver(Body):
    sent_at: Annotated[
        AwareDatetime, Field(strict=False, description="Now, by the device's clock.")
    ]
    ratings: Annotated[list[SignedRating], Field(min_length=1, max_length=MAX_RATINGS)]


class Acknowledged(Schema):
    """That the rating is stored for good. The code of its page is for the citizen alone: a device
    that anybody may touch is not told."""

    entry_hash: str = Field(description="Leaf hash (hex) of its entry in the public log.")
    accepted_at: str = Field(json_schema_extra={"format": "date-time"})


class Delivered(Schema):
    index: int = Field(description="The rating's place in the request, from 0.")
    status: int
    receipt: Acknowledged | None
    problem: Annotated[
        dict[str, Any] | None, WithJsonSchema({"anyOf": [PROBLEM, {"type": "null"}]})
    ] = Field(description="Why it was not stored; null when it was.")


class Deliveries(Schema):
    results: list[Delivered]


class ToWake(Body):
    """The service: its `event`, or case number, service number and the organisation's code."""

    event: Annotated[UUID | None, Field(strict=False)] = None
    organisation: Annotated[
        StrictStr, Field(max_length=18, description="Unified social credit code.")
    ] = ""
    jurisdiction: Annotated[
        StrictStr,
        Field(max_length=12, description="12 digits; the organisation's region if left out."),
    ] = ""
    project_no: Annotated[StrictStr, Field(max_length=50)] = ""
    service_number: Annotated[StrictInt, Field(ge=1, le=999)] = 1


class Asked(Schema):
    wake: UUID
    state: waking.State
    told_at: datetime = Field(
        description="Until then `state` is `waiting`, whatever the citizen does; afterwards it "
        "never changes."
    )


@router.post(
    "/devices/pair",
    auth=None,
    response={201: Paired},
    operation_id="pairDevice",
    summary="Pair a device",
    openapi_extra=raises(TooMany, errors.PairingCodeWrong, errors.PublicKeyInvalid),
)
def pair(request: HttpRequest, said: Pairing) -> Status[Paired]:
    """A pairing code, which the desk showed once, for the device's key."""
    address = address_of(request)
    wrong_codes.check(address)
    try:
        device, key = services.pair(
            code=said.code, public_key=_point(said.public_key), software=said.software
        )
    except errors.PairingCodeWrong:
        wrong_codes.spend(address)
        raise
    found = Paired(device=device.pk, kind=Device.Kind(device.kind), name=device.name, key=key)
    return Status(201, found)


@router.get(
    "/devices/me",
    response=DeviceSettings,
    operation_id="describeDevice",
    summary="What a device needs to know",
    openapi_extra=raises(errors.DeviceRevoked),
)
def describe(request: HttpRequest) -> DeviceSettings:
    """Its name and place, the five levels with their tags, and its settings. To be kept, so that
    ratings can be taken while the network is away, and asked for again now and then."""
    device = _device(request)
    services.seen(device=device)
    return DeviceSettings(
        device=device.pk,
        kind=Device.Kind(device.kind),
        name=device.name,
        organisation=_in_languages(lambda: str(device.organisation)),
        counter=str(device.counter or ""),
        levels=_levels(),
        idle_seconds=settings.HUIYIN_KIOSK_IDLE_SECONDS,
        keep_days=settings.HUIYIN_KIOSK_DAYS,
        base_url=settings.HUIYIN_BASE_URL,
    )


@router.post(
    "/devices/heartbeat",
    response={204: None},
    operation_id="tellOfDevice",
    summary="Say that a device is there",
    openapi_extra=raises(errors.DeviceRevoked),
)
def heartbeat(request: HttpRequest, said: Beat) -> Status[None]:
    """Once a minute. What it says is kept until it says something else; there is no history."""
    services.seen(
        device=_device(request), software=said.software, waiting=said.waiting, refused=said.refused
    )
    return Status(204, None)


@router.post(
    "/devices/ratings",
    response={201: Followed},
    operation_id="rateOnDevice",
    summary="Rate on the device at a counter",
    openapi_extra=raises(
        *_STORING, reviews.LevelInvalid, reviews.TagUnknown, reviews.TagOfAnotherLevel
    ),
)
def rate(request: HttpRequest, said: Touched) -> Status[Followed]:
    """What the citizen touched while the device was awake. Sent again with the same `key` it is
    the same rating. One of level 1 or 2 without tags is taken as it is: the citizen is asked by
    SMS what went wrong."""
    device = _device(request)
    _spend(presses, device)
    receipt = rating.rate(
        device=device,
        wake_id=said.wake,
        review=NewReview(
            level=said.level,
            tags=said.tags,
            channel=Channel.COUNTER_DEVICE,
            idempotency_key=said.key,
        ),
        language=get_language() or "",
    )
    return Status(201, Followed(code=receipt.code, status_url=receipt.status_url))


@router.post(
    "/devices/keys",
    response=Taken,
    operation_id="pressKey",
    summary="Press a key of the device at a counter",
    openapi_extra=raises(*_STORING, errors.KeyUnknown, errors.DeviceOfAnotherKind),
)
def press(request: HttpRequest, said: Pressed) -> Taken:
    """For devices with keys and no page: the raw key, as the device numbers it. Which level it
    stands for is said by the key layout of its model. It is taken while the device is awake."""
    device = _device(request)
    _spend(presses, device)
    rating.press(device=device, key=said.key, press_id=said.press)
    return Taken(taken=True)


@router.post(
    "/devices/deliveries",
    response=Deliveries,
    operation_id="deliverRatings",
    summary="Deliver the ratings that a terminal kept",
    openapi_extra=raises(TooMany, errors.DeviceRevoked, errors.DeviceOfAnotherKind),
)
def deliver(request: HttpRequest, said: ToDeliver) -> Deliveries:
    """Up to 50 ratings that were signed when they were given, with one verdict each: a receipt, or
    a refusal as a single review would get it, besides `signature-wrong`, `rating-invalid` and
    `rating-expired`. Sent again they get the same receipts. Keep a rating until it has its receipt,
    or a refusal with a status from 400 to 499.
    """
    device = _device(request)
    _spend(deliveries, device)
    verdicts = delivering.deliver(
        device=device,
        ratings=[delivering.Signed(one.said, _signature(one.signature)) for one in said.ratings],
        sent_at=said.sent_at,
        language=get_language() or "",
    )
    return Deliveries(results=[_delivered(index, one) for index, one in enumerate(verdicts)])


@waker_router.post(
    "/devices/{device_id}/wake",
    response=Asked,
    operation_id="wakeDevice",
    summary="Wake the device at a counter",
    openapi_extra=raises(
        TooMany, errors.EventUnknown, errors.AwakeElsewhere, errors.DeviceOfAnotherKind
    ),
)
def wake(request: HttpRequest, device_id: UUID, said: ToWake) -> Asked:
    """Show the five faces for a service that this integrator pushed, in place of whatever is shown.

    Asked again for the same service before `told_at`, the answer is the same wake.
    """
    integrator = _integrator(request)
    calls_of = integrator.pk.hex
    wakes.check(calls_of)
    wakes.spend(calls_of)
    if said.event is None and not (said.organisation and said.project_no):
        raise Invalid(field="event")
    device = waking.device_for(integrator, device_id)
    event = waking.event_for(
        integrator,
        event_id=said.event,
        uscc=said.organisation,
        jurisdiction=said.jurisdiction,
        project_no=said.project_no,
        service_number=said.service_number,
    )
    return _asked(waking.wake(device=device, event=event, integrator=integrator))


@waker_router.get(
    "/devices/{device_id}/wakes/{wake_id}",
    response=Asked,
    operation_id="inspectWake",
    summary="Whether the citizen rated",
)
def inspect(request: HttpRequest, device_id: UUID, wake_id: UUID) -> Asked:
    """`waiting` until `told_at`, then `rated` or `not_rated`. Never what was rated, nor when."""
    return _asked(waking.wake_of(_integrator(request), device_id, wake_id))


def _device(request: HttpRequest) -> Device:
    device: Device = request.auth  # type: ignore[attr-defined]
    return device


def _integrator(request: HttpRequest) -> Integrator:
    integrator: Integrator = request.auth  # type: ignore[attr-defined]
    return integrator


def _spend(throttle: Throttle, device: Device) -> None:
    throttle.check(device.pk.hex)
    throttle.spend(device.pk.hex)


def _point(public_key: str) -> bytes | None:
    if not public_key:
        return None
    try:
        padded = public_key + "=" * (-len(public_key) % 4)
        return base64.b64decode(padded, altchars=b"-_", validate=True)
    except (ValueError, binascii.Error) as error:
        raise errors.PublicKeyInvalid(field="public_key") from error


def _signature(text: str) -> bytes:
    """The bytes of a signature; none for what is no Base64, which is no signature either."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return b""


def _delivered(index: int, verdict: Verdict) -> Delivered:
    if isinstance(verdict, Receipt):
        found = Acknowledged(entry_hash=verdict.entry_hash, accepted_at=verdict.accepted_at)
        return Delivered(index=index, status=201, receipt=found, problem=None)
    problem = verdict if isinstance(verdict, Problem) else refused_by_django(verdict)
    return Delivered(index=index, status=problem.status, receipt=None, problem=problem.as_dict())


def _asked(found: Wake) -> Asked:
    return Asked(wake=found.pk, state=waking.state_of(found), told_at=found.told_at)


def _in_languages(say: Any) -> InLanguages:
    said = {}
    for language in LANGUAGES:
        with override(language):
            said[language.replace("-", "_")] = say()
    return InLanguages(**said)


def _levels() -> list[DeviceLevel]:
    tags = sorted(current_tags().values(), key=lambda tag: tag.code)
    return [
        DeviceLevel(
            level=level.value,
            words=_in_languages(lambda level=level: str(level.label)),
            tags=[
                DeviceTag(code=tag.code, label=InLanguages(zh_hans=tag.label, en=tag.label_en))
                for tag in tags
                if tag.level == level
            ],
        )
        for level in Level
    ]
