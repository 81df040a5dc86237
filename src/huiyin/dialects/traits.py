"""What is peculiar to each dialect, declared side by side. Pure.

Every trap that made somebody's figures wrong has a member here, so that no dialect can forget to
say how it means it. ``docs/reference/dialects.md`` is this table in words.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct

from huiyin.dialects import codes


class AssessNumber(StrEnum):
    """What ``assessNumber`` of a review counts."""

    ORDINAL = "ordinal"  # 1 the first review, 2 the follow-up review
    SERVICE = "service"  # the number of the service within the case
    UNUSED = "unused"


class Secret(StrEnum):
    """What a client and the platform both know. Shown once, kept sealed."""

    WORD = "word"  # appWord, app code or password: a text
    SM2 = "sm2"  # a key pair: clients are given the public key, which is a secret all the same


class Traits(Struct, frozen=True, kw_only=True):
    name: str
    title: str
    # Which end of ``satisfaction`` is the best: 5 as in interfaces, 1 as in GB/T 39046-2020.
    best_level: int = 5
    pf: Mapping[str, str]
    user_prop: Mapping[str, str]
    # Whether projectType/promiseTime is 1 promised, 2 instant instead of 1 instant, 2 promised.
    promise_reversed: bool = False
    assess_number: AssessNumber
    # Whether its events say which service of the case they are; see ``service_number_of``.
    numbers_services: bool = True
    area_digits: tuple[int, ...] = (6, 12)
    item_characters: tuple[int, ...] = (31, 33)
    # In which its requests are written, and its replies.
    encoding: str = "utf-8"
    reply_encoding: str = "utf-8"
    # Whether a second push of a known event is answered as if it were the first.
    repeat_is_success: bool = False
    # What a field means that its clients leave out.
    defaults: Mapping[str, str] = MappingProxyType({})
    secrets: tuple[Secret, ...]


NATIONAL = Traits(
    name="national",
    title="national style (SM2)",
    pf=codes.PF_NATIONAL,
    user_prop=codes.USER_PROP_NATIONAL,
    assess_number=AssessNumber.ORDINAL,
    secrets=(Secret.WORD, Secret.SM2),
)
SHANDONG = Traits(
    name="shandong",
    title="Shandong",
    pf=codes.PF_SHANDONG,
    user_prop=codes.USER_PROP_NATIONAL,
    assess_number=AssessNumber.SERVICE,
    numbers_services=False,
    # Clients send their own kind of case under a similar name instead.
    defaults=MappingProxyType({"taskType": "99"}),
    secrets=(Secret.WORD, Secret.SM2),
)
BEIJING = Traits(
    name="beijing",
    title="Beijing",
    pf=codes.PF_NATIONAL,
    user_prop=codes.USER_PROP_NATIONAL,
    assess_number=AssessNumber.ORDINAL,
    repeat_is_success=True,
    secrets=(Secret.WORD, Secret.SM2),
)
FUJIAN = Traits(
    name="fujian",
    title="Fujian (SM4, XML)",
    pf=codes.PF_NATIONAL,
    user_prop=codes.USER_PROP_NATIONAL,
    assess_number=AssessNumber.ORDINAL,
    secrets=(Secret.WORD,),
)
ZHEJIANG = Traits(
    name="zhejiang",
    title="Zhejiang (Ningbo)",
    pf=codes.PF_ZHEJIANG,
    user_prop=codes.USER_PROP_TWO,
    promise_reversed=True,
    assess_number=AssessNumber.ORDINAL,
    reply_encoding="gb18030",
    secrets=(Secret.WORD,),
)
ANHUI = Traits(
    name="anhui",
    title="Anhui (rating-page address)",
    pf=codes.PF_NATIONAL,
    user_prop=codes.USER_PROP_NATIONAL,
    assess_number=AssessNumber.UNUSED,
    secrets=(Secret.WORD,),
)
PINGTAN = Traits(
    name="pingtan",
    title="Pingtan (JSON)",
    pf=codes.PF_NATIONAL,
    user_prop=codes.USER_PROP_NATIONAL,
    assess_number=AssessNumber.ORDINAL,
    secrets=(Secret.WORD,),
)
ALL = (NATIONAL, SHANDONG, BEIJING, FUJIAN, ZHEJIANG, ANHUI, PINGTAN)
BY_NAME: Mapping[str, Traits] = {one.name: one for one in ALL}
