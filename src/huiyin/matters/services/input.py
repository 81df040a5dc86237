"""What people type, as it will be stored."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext as _

from huiyin.kernel.problems import Invalid
from huiyin.kernel.text import is_blank, is_printable

MAX_TEXT = 4000


def choice_of(choices: type[TextChoices], value: str, field: str) -> str:
    """``value``, when it is one of ``choices``. Raises ``Invalid``."""
    if value not in choices.values:
        raise Invalid(_("Choose one of the values offered."), field=field)
    return value


def text_of(value: str, field: str, *, needed: bool = True, limit: int = MAX_TEXT) -> str:
    """``value`` without outer space. Raises ``Invalid`` when empty but needed, or too long."""
    value = "" if is_blank(value) else value.strip()
    if needed and not value:
        raise Invalid(_("This must not be empty."), field=field)
    if len(value) > limit:
        raise Invalid(_("At most %(limit)d characters.") % {"limit": limit}, field=field)
    if not is_printable(value):
        raise Invalid(_("The text holds characters that cannot be shown."), field=field)
    return value
