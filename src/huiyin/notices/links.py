"""Links in notices: to our own pages, without anything personal."""

from __future__ import annotations

from django.conf import settings

from huiyin.matters.models import Matter


def matter_url(matter: Matter) -> str:
    """The absolute address of the matter's page on the desk, which asks who one is."""
    return f"{settings.HUIYIN_BASE_URL}/desk/matters/{matter.code}"
