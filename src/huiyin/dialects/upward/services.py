"""Reporting upward: planning, sending, hearing, sending again. The only writer of its rows.

A row is claimed before it is sent and settled after the answer; who dies in between leaves a claim
that runs out, and the next one sends it again. The platform above then says that it must not be
repeated, and that is how we know that it is there.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta

import httpx
import msgspec
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from huiyin.dialects import sm2
from huiyin.dialects.keys import Secrets
from huiyin.dialects.models import UpwardPlatform, UpwardReport
from huiyin.dialects.services import requests
from huiyin.dialects.upward import contents, exchange
from huiyin.dialects.upward.exchange import Answer, Heard
from huiyin.dialects.upward.planning import plan
from huiyin.directory.models import Region
from huiyin.kernel import clock, crypto
from huiyin.kernel.problems import Invalid

log = logging.getLogger(__name__)

State = UpwardReport.State
_PURPOSE = "dialects.upward"
# Sent one after the other; what is more comes in the next round, at once.
_AT_ONCE = 50
_CLAIMED = timedelta(minutes=15)
# How long to wait after so many attempts without an answer, in minutes.
_PAUSES = (1, 2, 5, 15, 30, 60)
_LONGEST_REASON = 300


def work() -> bool:
    """One round of the loop: plan, send, forget old requests; whether there may be more."""
    more = requests.forget_old()
    for platform in UpwardPlatform.objects.filter(active=True).select_related("region"):
        more |= plan(platform)
        more |= send_due(platform)
    return more


@transaction.atomic
def add_platform(
    *,
    name: str,
    region: Region,
    address: str,
    app_mark: str,
    word: str,
    public: str,
    data_source: str,
    active: bool = True,
) -> UpwardPlatform:
    """Report what happens from now on in ``region``; ``word`` and ``public`` (04 and 128
    hexadecimal digits, or without the 04) are what the platform above has given out. Raises
    ``Invalid``."""
    platform = UpwardPlatform(
        name=name.strip(),
        region=region,
        address=address,
        app_mark=app_mark.strip(),
        data_source=data_source,
        active=active,
        since=clock.now(),
    )
    try:
        platform.full_clean(exclude=["secrets_sealed"])
    except ValidationError as error:
        raise Invalid("; ".join(error.messages), field=next(iter(error.message_dict))) from error
    _seal(platform, word=word, public=public)
    platform.save(force_insert=True)
    return platform


def change_secrets(*, platform: UpwardPlatform, word: str, public: str) -> None:
    """What the platform above gave out anew. Raises ``Invalid``."""
    _seal(platform, word=word, public=public)
    platform.save(update_fields=["secrets_sealed"])


def send_due(platform: UpwardPlatform) -> bool:
    """Send what is due to ``platform``; whether there may be more at once."""
    claimed = _claim(platform)
    if not claimed:
        return False
    secrets = secrets_of(platform)
    found = contents.prepared(claimed)
    silent = False
    with exchange.client() as http:
        for report in claimed:
            said = found[report.pk]
            if said.content is None:
                _settle(report, State.WITHHELD, said.withheld)
                continue
            if silent:
                # Nobody is there: the others wait, too, instead of timing out one by one.
                _put_off(report, _("The platform above does not answer."), tried=False)
                continue
            silent = _send(http, platform, secrets, report, said.content).heard is Heard.NOTHING
    return len(claimed) == _AT_ONCE and not silent


def send_again(reports: QuerySet[UpwardReport]) -> int:
    """Have ``reports`` sent once more, whatever became of them; how many."""
    return reports.update(state=State.WAITING, due_at=clock.now(), reason="")


def secrets_of(platform: UpwardPlatform) -> Secrets:
    plain = crypto.unseal(bytes(platform.secrets_sealed), purpose=_PURPOSE, about=platform.pk.bytes)
    return msgspec.json.decode(plain, type=Secrets)


def hash_of(content: Mapping[str, str]) -> bytes:
    """By which what was sent is compared with what would be sent today. Keyed: levels are few."""
    plain = json.dumps(dict(sorted(content.items())), ensure_ascii=False)
    return crypto.mac(plain.encode(), purpose=_PURPOSE)


def check_secrets(*, word: str, public: str) -> Secrets:
    """What a platform above gave out, as it is kept. Raises ``Invalid``."""
    public = public.strip().lower()
    public = public[2:] if len(public) == 130 and public.startswith("04") else public
    try:
        sm2.check_public(bytes.fromhex(public))
    except ValueError as error:
        raise Invalid(_("This is no public key of SM2."), field="public") from error
    if not word.strip():
        raise Invalid(_("Is required."), field="word")
    return Secrets(word=word.strip(), public=public)


def _seal(platform: UpwardPlatform, *, word: str, public: str) -> None:
    secrets = check_secrets(word=word, public=public)
    platform.secrets_sealed = crypto.seal(
        msgspec.json.encode(secrets).decode(), purpose=_PURPOSE, about=platform.pk.bytes
    )


def _claim(platform: UpwardPlatform) -> Sequence[UpwardReport]:
    """Some that are due, which nobody else sends until the claim runs out."""
    now = clock.now()
    with transaction.atomic():
        due = UpwardReport.objects.filter(platform=platform, due_at__lte=now).order_by("due_at")
        keys = list(due.select_for_update(skip_locked=True).values_list("pk", flat=True)[:_AT_ONCE])
        mine = UpwardReport.objects.filter(pk__in=keys)
        mine.update(due_at=now + _CLAIMED)
    return list(mine.select_related("platform").order_by("planned_at", "pk"))


def _send(
    http: httpx.Client,
    platform: UpwardPlatform,
    secrets: Secrets,
    report: UpwardReport,
    content: contents.Content,
) -> Answer:
    report.attempts += 1
    report.last_sent_at = clock.now()
    report.content_hash = hash_of(content)
    # Before it is sent: whoever looks after a crash sees that it may have arrived.
    report.save(update_fields=["attempts", "last_sent_at", "content_hash"])
    answer = exchange.send(
        http,
        address=platform.address,
        app_mark=platform.app_mark,
        secrets=secrets,
        content=content,
    )
    if answer.heard in {Heard.TAKEN, Heard.REPEATED}:
        _settle(report, State.ACKNOWLEDGED, answer.said if answer.heard is Heard.REPEATED else "")
    elif answer.heard is Heard.REFUSED:
        log.warning("%s refused report %s", platform.pk, report.pk)
        _settle(report, State.REFUSED, answer.said)
    else:
        log.warning("%s did not take report %s: %s", platform.pk, report.pk, answer.said)
        _put_off(report, answer.said, tried=True)
    return answer


def _settle(report: UpwardReport, state: UpwardReport.State, reason: str) -> None:
    report.state, report.due_at, report.answered_at = state, None, clock.now()
    report.reason = reason[:_LONGEST_REASON]
    report.save(update_fields=["state", "due_at", "answered_at", "reason"])


def _put_off(report: UpwardReport, reason: str, *, tried: bool) -> None:
    place = min(max(report.attempts - tried, 0), len(_PAUSES) - 1)
    report.due_at = clock.now() + timedelta(minutes=_PAUSES[place])
    report.reason = reason[:_LONGEST_REASON]
    report.save(update_fields=["due_at", "reason"])
