"""Telling staff in 浙政钉: a card that opens the matter, taken back when the matter moves on, and
an item on the to-do list that is finished with it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import override

from huiyin.notices import alone, channels, links, wording
from huiyin.notices.models import Outbox
from huiyin.notices.transports import names
from huiyin.notices.transports.base import RemoteTransport, Result, Send
from huiyin.notices.transports.markdown import plain
from huiyin.notices.transports.zwding import config
from huiyin.notices.transports.zwding.client import Card, Client, Failed


class ZwdingTransport(RemoteTransport):
    code = names.ZWDING
    width = endpoint_width = 4
    actions = frozenset(Outbox.Action)

    def is_set_up(self) -> bool:
        return config.wanted()

    def prepare(self, notice: Outbox) -> Send:
        try:
            client = config.client()
        except config.NotConfigured:
            # An operator can still set it: not for ever.
            return _never("government DingTalk is not configured")
        if notice.action == Outbox.Action.RECALL:
            taken_back = key_of(notice.payload["of"])
            return _sending(lambda: client.revoke(key=taken_back))
        account = channels.address_of(notice)
        if account is None:
            return _never("no account in government DingTalk", permanent=True)
        if notice.action == Outbox.Action.TO_DO:
            return _to_do(client, notice, account)
        if notice.action == Outbox.Action.FINISH_TO_DO:
            return _finish(client, notice, account)
        return _tell(client, notice, account)


def key_of(delivery_key: str) -> str:
    """What a notice is called there: 32 characters, the same at every try."""
    return hashlib.sha256(f"zwding:{delivery_key}".encode()).hexdigest()[:32]


def _tell(client: Client, notice: Outbox, account: str) -> Send:
    key = key_of(notice.delivery_key)
    with override(settings.LANGUAGE_CODE):
        card = Card(
            title=wording.title_for_staff(notice),
            text=plain(wording.for_staff(notice)),
            button=_("Open the desk") if _leads_to_no_matter(notice) else _("Open the matter"),
            url=links.url_of(notice),
        )
    return _sending(lambda: client.notify(account=account, key=key, card=card))


def _leads_to_no_matter(notice: Outbox) -> bool:
    return notice.matter is None or alone.stands_alone(notice)


def _to_do(client: Client, notice: Outbox, account: str) -> Send:
    key, url, due = key_of(notice.delivery_key), links.url_of(notice), _due(notice)
    with override(settings.LANGUAGE_CODE):
        subject = wording.title_for_staff(notice)
    return _sending(
        lambda: client.create_to_do(account=account, key=key, subject=subject, url=url, due=due)
    )


def _finish(client: Client, notice: Outbox, account: str) -> Send:
    task: str = notice.payload.get("reference", "")
    if not task:
        # The answer that named it was lost: only its owner can finish it.
        return _never("their name of the to-do item is not known", permanent=True)
    return _sending(lambda: client.finish_to_do(account=account, task=task))


def _due(notice: Outbox) -> datetime | None:
    return parse_datetime(notice.payload.get("due") or "")


def _sending(act: Callable[[], str | None]) -> Send:
    def send() -> Result:
        try:
            reference = act()
        except Failed as failed:
            return Result(
                delivered=False,
                error=str(failed),
                status_code=failed.status,
                permanent=failed.permanent,
            )
        return Result(delivered=True, reference=reference or "")

    return send


def _never(error: str, *, permanent: bool = False) -> Send:
    return lambda: Result(delivered=False, error=error, permanent=permanent)
