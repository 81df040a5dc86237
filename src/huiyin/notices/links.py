"""Links in notices: to our own pages, without anything personal."""

from __future__ import annotations

from django.conf import settings

from huiyin.matters.models import Matter


def matter_url(matter: Matter | None) -> str:
    """The absolute address of the matter's page on the desk, or of the desk for what is about no
    matter in particular. The page asks who one is."""
    desk = f"{settings.HUIYIN_BASE_URL}/desk/"
    return f"{desk}matters/{matter.code}" if matter else desk
