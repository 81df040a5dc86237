"""Ladders, services that are asked about, and a gateway that remembers what it was given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from huiyin.intake.invitations import presets, services
from huiyin.intake.invitations.handing import loop
from huiyin.intake.invitations.models import Ladder, Planned
from huiyin.kernel import clock
from huiyin.notices.sms import numbers
from huiyin.notices.sms.gateway import SmsFailed
from huiyin.reviews.models import ServiceEvent
from tests import factories

MESSAGE = {"channel": "sms", "after": 24, "unit": "hour"}
CALL = {"channel": "hotline", "after": 3, "unit": "day"}


@dataclass
class Gateway:
    """Takes messages, or fails as told. ``sent``: number, text, key, extension."""

    code: str = "fake"
    knows_keys: bool = False
    sent: list[tuple[str, str, str, str]] = field(default_factory=list)
    # Called before each message is taken.
    before: Callable[[str], None] | None = None
    failing: SmsFailed | None = None

    def send(self, text: str, *, to: str, key: str, extension: str = "") -> tuple[str, ...]:
        if self.before:
            self.before(key)
        if self.failing:
            raise self.failing
        if not (self.knows_keys and any(one[2] == key for one in self.sent)):
            self.sent.append((to, text, key, extension))
        return (f"part-{key}",)

    @property
    def numbers(self) -> list[str]:
        return [one[0] for one in self.sent]


def use(gateway: Gateway, monkeypatch: Any) -> Gateway:
    from huiyin.intake.invitations.handing import outlet

    monkeypatch.setattr(outlet, "current", lambda: gateway)
    loop._pace.__dict__.clear()
    return gateway


def ladder(
    *rungs: dict[str, Any], quiet: tuple[str, str] = ("03:00", "03:01"), **more: Any
) -> Ladder:
    """A ladder of the province in force since 2020; by default a message after a day, a call after
    three, and hardly any quiet hours."""
    valid = {name: more.pop(name) for name in ("valid_from", "valid_to") if name in more}
    region = more.pop("region", None) or factories.region(factories.PROVINCE)
    document = {
        "rungs": list(rungs or (MESSAGE, CALL)),
        "services": "finished",
        "quiet": {"quiet_from": quiet[0], "quiet_to": quiet[1]},
    }
    return services.add_ladder(
        jurisdiction=region,
        document=document | more,
        **({"valid_from": date(2020, 1, 1)} | valid),
    )


def preset(code: str) -> Ladder:
    return services.add_ladder(
        jurisdiction=factories.region(factories.PROVINCE),
        document=presets.get(code).document,
        valid_from=date(2020, 1, 1),
    )


def served(at: datetime | None = None, mobile: str = factories.MOBILE, **more: Any) -> ServiceEvent:
    """A service that was completed at this moment, by default now."""
    moment = clock.local(at or clock.now()).strftime("%Y-%m-%d %H:%M:%S")
    times = {"serviceTime": moment, "acceptDate": moment, "resultDate": moment}
    return factories.event(**({"mobile": mobile} | times | more))


def plan() -> None:
    for _batch in services.plan_everything():
        pass


def hand_over() -> None:
    """Hand over what is due at this moment."""
    while loop.hand_over_due():
        pass


def answer_everybody() -> None:
    while loop.reply_due():
        pass


def invited(at: datetime | None = None, **more: Any) -> Planned:
    """A service whose citizen has had the message, a day after it."""
    event = served(at, **more)
    plan()
    hand_over()
    return Planned.objects.get(event=event, rung=1)


def link_in(text: str) -> str:
    """The code of the short link in a message."""
    return text.split("/i/")[1].split()[0]


def rows(event: ServiceEvent | None = None) -> list[tuple[int, str, str]]:
    """Rung, state and why of what is planned."""
    planned = Planned.objects.filter(event=event) if event else Planned.objects.all()
    return list(planned.order_by("pk").values_list("rung", "state", "why"))


def hash_of(mobile: str) -> bytes:
    return numbers.hash_of(mobile)


DAY, HOUR = timedelta(days=1), timedelta(hours=1)
