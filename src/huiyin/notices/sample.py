"""An invented notice, to show how a wording reads before anybody is told with it."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from huiyin.directory.models import Organisation
from huiyin.kernel import clock
from huiyin.matters.kinds import Contact
from huiyin.matters.models import Matter
from huiyin.matters.table import Alarm, ClockKind, Party
from huiyin.notices import wording
from huiyin.notices.models import DIGEST, Outbox, Template


def notice(event: str, audience: str) -> Outbox:
    """A notice of ``event`` that is stored nowhere, in the current language."""
    day = clock.today() + timedelta(days=1)
    if event == DIGEST:
        today = {"day": clock.today().isoformat(), "due_today": 2, "late": 1, "to_decide": 3}
        return Outbox(event=event, audience=audience, payload=today)
    payload = {"due_day": day.isoformat()}
    if event in Alarm.values:
        payload["clock"] = ClockKind.RECTIFICATION.value
    unit = Organisation(name=_("Office of an invented town"))
    matter = Matter(code="ABCDE12345", organisation=unit)
    return Outbox(matter=matter, event=event, audience=audience, payload=payload)


def values(event: str, audience: str) -> dict[str, str]:
    """What the placeholders of a wording stand for in the invented notice."""
    invented = notice(event, audience)
    if audience == Party.CITIZEN:
        return {"unit": str(invented.about.organisation), "url": _status_url()}
    return wording.values_for(invented)


def said(event: str, audience: str, form: str) -> str:
    """What is said of the invented notice now, in the current language."""
    invented = notice(event, audience)
    if audience == Party.CITIZEN:
        contact = Contact("", language=get_language() or "", status_url=_status_url())
        return wording.for_citizen(invented, contact)
    if form == Template.Form.TITLE:
        return wording.title_for_staff(invented)
    if form == Template.Form.LONG:
        return wording.letter_for_staff(invented)
    return wording.for_staff(invented)


def _status_url() -> str:
    return f"{settings.HUIYIN_BASE_URL}/r/…"
