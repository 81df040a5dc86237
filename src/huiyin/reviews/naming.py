"""What names a person in a service: opening it, finding it in a text, keeping it out of names."""

from __future__ import annotations

import json
import logging
from typing import Any, Protocol
from uuid import UUID

from huiyin.kernel import crypto
from huiyin.reviews.models import ServiceEvent, VisitContact
from huiyin.reviews.screening import Finding, screen

log = logging.getLogger(__name__)
# Shorter numbers occur in any text.
_SHORTEST_NAME, _SHORTEST_NUMBER = 2, 5
_VISIT = "visit.mobile"


class SealedCase(Protocol):
    """What of a case names persons: a ``Case``, or as much of it as was read."""

    @property
    def pk(self) -> Any: ...
    @property
    def project_no(self) -> Any: ...
    @property
    def name_sealed(self) -> Any: ...
    @property
    def identity_sealed(self) -> Any: ...
    @property
    def mobile_sealed(self) -> Any: ...
    @property
    def agent_sealed(self) -> Any: ...


class Served(Protocol):
    """A ``ServiceEvent``, or as much of it as was read."""

    @property
    def case(self) -> Any: ...
    @property
    def clerks(self) -> Any: ...


def unseal_for(case: SealedCase, part: str) -> str:
    """Open the sealed ``part`` (name, mobile, identity, title, agent) of a case."""
    sealed = getattr(case, f"{part}_sealed")
    return crypto.unseal(sealed, purpose=f"case.{part}", about=case.pk.bytes) if sealed else ""


def seal_mobile(mobile: str, event_id: UUID) -> bytes:
    """The number that somebody left on site, as it is kept beside their event."""
    return crypto.seal(mobile, purpose=_VISIT, about=event_id.bytes)


def mobile_of(event: ServiceEvent) -> str:
    """Where the relay reaches whom ``event`` is about, or nothing: on site few leave a number.
    ``case`` and ``contact`` should be loaded."""
    if event.case:
        return unseal_for(event.case, "mobile")
    kept: VisitContact | None = getattr(event, "contact", None)
    return (
        crypto.unseal(bytes(kept.mobile_sealed), purpose=_VISIT, about=event.pk.bytes)
        if kept
        else ""
    )


def known_persons(event: Served) -> tuple[str, ...]:
    """The names and numbers that a text about ``event`` may not tell the public: of the applicant,
    the agent and the clerks, and the case number; on site, of the clerk alone.

    Raises ``SealBroken``.
    """
    names = [clerk.get("name", "") for clerk in event.clerks]
    numbers: list[str] = []
    case: SealedCase | None = event.case
    if case is not None:
        agent = json.loads(unseal_for(case, "agent") or "{}")
        names += [unseal_for(case, "name"), agent.get("name", "")]
        numbers += [unseal_for(case, "mobile"), unseal_for(case, "identity"), case.project_no]
        numbers.append(agent.get("identity", ""))
    return (
        *(name for name in names if len(name) >= _SHORTEST_NAME),
        *(number for number in numbers if len(number) >= _SHORTEST_NUMBER),
    )


def screen_for(event: Served, text: str) -> list[Finding]:
    """What in ``text`` may name a person, also of those who have to do with ``event``."""
    if not text:
        return []
    try:
        known = known_persons(event)
    except crypto.SealBroken:
        log.exception("the persons of case %s do not open; a text is held back", event.case.pk)
        return [*screen(text), Finding.KNOWN]
    return screen(text, known=known)


def item_name(event: ServiceEvent) -> str:
    """The service item's name, or its code when the name may name a person.

    Business systems give these names, and some write the applicant into them.
    """
    return _unless_personal(event, event.item_title)


def item_label(event: ServiceEvent) -> str:
    """The same name, whatever language is spoken: what reviews of one item are counted under."""
    item = event.case.item if event.case else None
    return _unless_personal(event, item.name if item else event.item_name)


def _unless_personal(event: ServiceEvent, name: str) -> str:
    # What hangs at a place was named by its own administration, and names no applicant.
    return event.item_code if event.case and screen_for(event, name) else name
