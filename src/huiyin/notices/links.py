"""Links in notices: to our own pages, without anything personal."""

from __future__ import annotations

from django.conf import settings

from huiyin.notices import alone
from huiyin.notices.models import ABOUT_A_PERSON, Outbox


def url_of(notice: Outbox) -> str:
    """The absolute address of the page on the desk where its reader goes on: the matter, their
    consequences, or the desk itself for what is about no matter in particular or about one that
    they need not be able to open. The page asks who one is."""
    desk = f"{settings.HUIYIN_BASE_URL}/desk/"
    if notice.event in ABOUT_A_PERSON:
        return f"{desk}consequences/"
    if notice.matter is None or alone.stands_alone(notice):
        return desk
    return f"{desk}matters/{notice.matter.code}"
