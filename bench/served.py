"""Citizens by the hundred thousand: each was served, holds an invitation and knows what to say."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction

from bench.world import World
from huiyin.directory.models import Organisation, Region, ServiceItem
from huiyin.kernel import bulk, clock, crypto, ids
from huiyin.reviews import services as reviews
from huiyin.reviews import tokens
from huiyin.reviews.models import Case, ServiceEvent

CHUNK = 20_000
ITEM = "社会保险登记"
# Of a hundred reviews two are bad; of the good ones every tenth has words, of the bad ones every
# second.
_BAD_OF_100, _GOOD_WITH_TEXT, _BAD_WITH_TEXT = 2, 0.1, 0.5
_TAGS = {1: "115", 3: "314", 4: "408", 5: "513"}
_BAD_TEXTS = (
    "等了两个小时，没有人告诉我还缺什么材料。",
    "窗口说系统坏了，让我明天再来，已经第三次。",
)
_GOOD_TEXTS = ("一个窗口就办好了，谢谢。", "工作人员很耐心。", "比想象的快，材料一次讲清楚。")

_CASE = (
    *("id", "organisation", "item", "project_no", "name_sealed", "identity_sealed"),
    *("identity_hash", "mobile_sealed", "mobile_hash", "jurisdiction", "item_code"),
)
_CASES_ALIKE = {
    "item_name": ITEM,
    "task_type": "20",
    "status": 3,
    "accepted_on": None,
    "finished_on": None,
    "applicant_kind": "1",
    "identity_kind": "999",
    "title_sealed": None,
    "agent_sealed": None,
}
_EVENT = ("id", "organisation", "case")
_EVENTS_ALIKE = {
    "service_number": 1,
    "node_name": "",
    "online": False,
    "hall_name": "",
    "counter": None,
    "counter_number": "",
    "clerks": "[]",
}


def serve(world: World, citizens: int, *, seed: int = 0) -> list[str]:
    """Let so many citizens be served, spread over the units; the tokens of their invitations.

    What is sealed is sealed as the intake of events does it. The tokens are in no order, as
    citizens are.
    """
    province = Region.objects.get(level=Region.Level.PROVINCE)
    integrator, _key = reviews.add_integrator(name=f"bench {ids.uuid7()}", region=province)
    items = {
        unit.pk: ServiceItem.objects.get_or_create(
            organisation=unit, code=f"{0:031}", defaults={"name": ITEM}
        )[0].pk
        for unit in world.units
    }
    now = clock.now()
    expires = now + timedelta(days=30)
    links: list[str] = []
    while len(links) < citizens:
        many = min(CHUNK, citizens - len(links))
        case_ids, event_ids = ids.uuid7s(many), ids.uuid7s(many)
        units = [world.units[number % len(world.units)] for number in range(many)]
        with transaction.atomic():
            bulk.insert(
                Case,
                _CASE,
                (
                    _case(key, unit, items[unit.pk], len(links) + number)
                    for number, (key, unit) in enumerate(zip(case_ids, units, strict=True))
                ),
                same=_CASES_ALIKE,
            )
            bulk.insert(
                ServiceEvent,
                _EVENT,
                (
                    (event, unit.pk, case)
                    for event, unit, case in zip(event_ids, units, case_ids, strict=True)
                ),
                same=_EVENTS_ALIKE
                | {"occurred_at": now, "accepted_at": now, "integrator": integrator.pk},
            )
        links += [
            tokens.sign(tokens.Token(event, unit.pk, tokens.FIRST, expires))
            for event, unit in zip(event_ids, units, strict=True)
        ]
    random.Random(seed).shuffle(links)  # noqa: S311 - not a secret
    return links


def say(links: Sequence[str], *, seed: int = 0) -> list[dict[str, Any]]:
    """What each of the citizens says: the body of a request to ``/api/v1/reviews``."""
    chance = random.Random(seed)  # noqa: S311 - not a secret
    return [_said(token, chance) for token in links]


def write(said: Sequence[dict[str, Any]], to: Path) -> Path:
    """The bodies as ``bench.load`` takes them."""
    with to.open("w") as lines:
        lines.writelines(json.dumps(one, ensure_ascii=False) + "\n" for one in said)
    return to


def _said(token: str, chance: random.Random) -> dict[str, Any]:
    if chance.random() * 100 < _BAD_OF_100:
        level, texts, often = 1, _BAD_TEXTS, _BAD_WITH_TEXT
    else:
        level, texts, often = chance.choice((5, 5, 5, 4, 3)), _GOOD_TEXTS, _GOOD_WITH_TEXT
    return {
        "token": token,
        "level": level,
        "tags": [_TAGS[level]],
        "text": chance.choice(texts) if chance.random() < often else "",
        "hide_name_from_public": False,
        "hide_name_from_unit": chance.random() < 0.1,
        "channel": chance.choice(("web", "mobile")),
    }


def _case(key: UUID, unit: Organisation, item: UUID, number: int) -> tuple[Any, ...]:
    identity, mobile = f"BENCH{number}", f"199{number:08}"

    def sealed(part: str, plain: str) -> bytes:
        return crypto.seal(plain, purpose=f"case.{part}", about=key.bytes)

    return (
        *(key, unit.pk, item, f"BENCH-{key.hex}", sealed("name", "陈一诺")),
        *(sealed("identity", identity), crypto.lookup_hash(identity, purpose="identity")),
        *(sealed("mobile", mobile), crypto.lookup_hash(mobile, purpose="mobile")),
        *(unit.region.code, f"{0:031}"),
    )
