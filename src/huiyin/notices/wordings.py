"""How notices are worded here: texts that administrators put in the place of ours.

A text has placeholders such as ``{code}``, from a short list that holds nothing personal. It is
refused when it names another one, or holds what looks like somebody's number or a link elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from string import Formatter

from django.conf import settings
from django.utils.translation import gettext as _

from huiyin.kernel import clock
from huiyin.kernel.problems import Invalid
from huiyin.matters.table import Party
from huiyin.notices.models import DIGEST, Template

Key = tuple[str, str, str, str]

TO_STAFF = ("code", "organisation", "event", "clock", "due", "role", "url")
TO_CITIZEN = ("unit", "url")
IN_DIGEST = ("day", "due_today", "late", "to_decide", "url")

# Another process's edit is seen after so long; our own at once.
_FRESH_SECONDS = 10.0
# Telephone, bank and identity numbers; what a placeholder stands for is not among them.
_NUMBER = re.compile(r"\d(?:[ -]?\d){6,}[0-9Xx]?")
_MAILBOX = re.compile(r"[\w.+-]+@[\w-]+\.\w")
_LINK = re.compile(r"(?:https?:)?//[^\s，。；、]*|\bwww\.[^\s，。；、]*", re.IGNORECASE)

_known: dict[Key, str] = {}
_read_at: float | None = None


def allowed(event: str, audience: str) -> tuple[str, ...]:
    """The placeholders that a text for ``audience`` about ``event`` may have."""
    if event == DIGEST:
        return IN_DIGEST
    return TO_CITIZEN if audience == Party.CITIZEN else TO_STAFF


def check(text: str, *, event: str, audience: str) -> None:
    """Raises ``Invalid`` with the reason why ``text`` must not be sent."""
    check_text(text, known=allowed(event, audience))


def check_text(text: str, *, known: Sequence[str]) -> None:
    """The same for a text that may have the placeholders ``known``."""
    try:
        parts = list(Formatter().parse(text))
    except ValueError as error:
        raise Invalid(_("A brace is open or closed alone."), field="text") from error
    for _literal, name, spec, conversion in parts:
        if name is not None and (name not in known or spec or conversion):
            raise Invalid(
                _("“{%(name)s}” is not known here. There are: %(known)s.")
                % {"name": name, "known": " ".join(f"{{{one}}}" for one in known)},
                field="text",
            )
    literal = "".join(part[0] for part in parts)
    if _NUMBER.search(literal) or _MAILBOX.search(literal):
        raise Invalid(
            _("This looks like somebody's number or address. A notice holds nothing personal."),
            field="text",
        )
    for link in _LINK.findall(literal):
        if not link.startswith(f"{settings.HUIYIN_BASE_URL}/"):
            raise Invalid(
                _("A link may only lead to %(here)s; write {url} for the right page.")
                % {"here": settings.HUIYIN_BASE_URL},
                field="text",
            )


def fill(text: str, values: Mapping[str, str]) -> str:
    """``text`` with its placeholders filled in; what is not known stays empty."""
    return "".join(
        literal + (values.get(name, "") if name else "")
        for literal, name, _spec, _conversion in Formatter().parse(text)
    )


def text_for(event: str, audience: str, form: str, language: str) -> str:
    """The text in force for this very audience, else for all of the staff; empty when none is.

    No query but once in a while: texts stay in the process.
    """
    known = _in_force()
    found = known.get((event, audience, form, language), "")
    if found or audience == Party.CITIZEN:
        return found
    return known.get((event, "", form, language), "")


def forget() -> None:
    """Read the texts anew at the next notice."""
    global _read_at
    _read_at = None


def _in_force() -> dict[Key, str]:
    global _known, _read_at
    now = clock.monotonic()
    if _read_at is None or now - _read_at > _FRESH_SECONDS:
        rows = Template.objects.order_by("version").values_list(
            "event", "audience", "form", "language", "text"
        )
        # Of a key, the last version stays.
        _known = {(event, told, form, language): text for event, told, form, language, text in rows}
        _read_at = now
    return _known
