"""What text messages say: sentences by kind, filled in when they are sent.

They are said in the language of the platform, since nobody knows that of the citizen, and hold
nothing personal: the unit, a day, a level, a link whose address is its key.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache

from django.conf import settings
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from huiyin.intake.invitations.models import Kind, Wording
from huiyin.kernel import clock
from huiyin.kernel.problems import Invalid
from huiyin.notices import wordings

_SENTENCES: dict[str, str | Promise] = {
    Kind.INVITATION: gettext_lazy(
        "You were served by {unit} on {day}. How was it? Reply 1 to 5 (5: very satisfied, "
        "1: very dissatisfied), with words if you like, or open {url} . Reply TD to get no more "
        "invitations."
    ),
    Kind.CONFIRMED: gettext_lazy(
        "Recorded for {unit}, {day}: {level}. Your receipt, and how to check that it counts: {url}"
    ),
    Kind.ASKED: gettext_lazy(
        "Recorded for {unit}, {day}: {level}. What went wrong? Please reply in a few words; the "
        "unit will read them. What becomes of it: {url}"
    ),
    Kind.HELP: gettext_lazy(
        "We could not tell your rating from this. Please reply 1 to 5 (5: very satisfied, "
        "1: very dissatisfied), or open {url}"
    ),
    Kind.WHICH: gettext_lazy(
        "Several services wait for your rating, and we do not guess which one you mean. Please "
        "open the link in its message; the last one, {unit}, {day}: {url}"
    ),
    Kind.ALREADY: gettext_lazy(
        "{unit}, {day} has been rated; a rating is not changed afterwards. With your receipt you "
        "can see what becomes of it: {url}"
    ),
    Kind.TOO_LATE: gettext_lazy(
        "The time to rate {unit}, {day} is over. If something has to be put right, please call "
        "12345."
    ),
    Kind.OPTED_OUT: gettext_lazy(
        "You will get no more invitations to rate. Answers about your own matters still reach "
        "you. To be invited again: {url}"
    ),
}
_PLACEHOLDERS: dict[str, tuple[str, ...]] = {
    Kind.CONFIRMED: ("unit", "day", "level", "url"),
    Kind.ASKED: ("unit", "day", "level", "url"),
}
# Without it a message would be of no use, or against the law.
_NEEDED: dict[str, tuple[str, ...]] = {
    Kind.INVITATION: ("url",),
    Kind.CONFIRMED: ("url",),
    Kind.ASKED: ("url",),
}
_LONGEST = 300
# Characters of UCS-2 in a short message, and in a part of a long one.
_ALONE, _IN_PARTS = 70, 67
_FRESH_SECONDS = 10.0

_known: dict[str, str] = {}
_read_at: float | None = None


def allowed(kind: str) -> tuple[str, ...]:
    """The placeholders that a text of ``kind`` may have."""
    return _PLACEHOLDERS.get(kind, ("unit", "day", "url"))


def check(kind: str, text: str) -> None:
    """Raises ``Invalid`` with the reason why ``text`` must not be sent."""
    if not text:
        return
    if len(text) > _LONGEST or len(text.splitlines()) > 1:
        raise Invalid(
            _("A text message is one line of at most %(most)d characters.") % {"most": _LONGEST},
            field="text",
        )
    wordings.check_text(text, known=allowed(kind))
    missing = [name for name in _NEEDED.get(kind, ()) if f"{{{name}}}" not in text]
    if missing:
        raise Invalid(_("It has to hold {%(name)s}.") % {"name": missing[0]}, field="text")
    if kind == Kind.INVITATION and not any(word in text for word in ("TD", "退订")):
        raise Invalid(_("An invitation has to say how to get no more: TD or 退订."), field="text")


def said(kind: str, values: Mapping[str, str]) -> str:
    """The message of ``kind``, in the platform's language. No query but once in a while."""
    return wordings.fill(_in_force().get(kind) or own(kind), values)


def filled(text: str, values: Mapping[str, str]) -> str:
    """``text`` with its placeholders filled in."""
    return wordings.fill(text, values)


def day_of(day: date) -> str:
    """A day as messages say it, in the platform's language."""
    return _day_of(day, settings.LANGUAGE_CODE)


@lru_cache(maxsize=256)
def _day_of(day: date, language: str) -> str:
    with override(language):
        # Translators: a date format of Django, month and day.
        return date_format(day, _("j F"))


def parts_of(text: str) -> int:
    """How many short messages ``text`` is sent as: 70 characters in one, 67 in a part of more."""
    units = len(text.encode("utf-16-be")) // 2
    return 1 if units <= _ALONE else -(-units // _IN_PARTS)


def own(kind: str) -> str:
    """What came with the software, in the platform's language, with its placeholders."""
    return _own(kind, settings.LANGUAGE_CODE)


@lru_cache(maxsize=64)
def _own(kind: str, language: str) -> str:
    with override(language):
        return str(_SENTENCES[kind])


def forget() -> None:
    """Read the texts anew at the next message."""
    global _read_at
    _read_at = None


def _in_force() -> dict[str, str]:
    global _known, _read_at
    now = clock.monotonic()
    if _read_at is None or now - _read_at > _FRESH_SECONDS:
        # Of a kind, the last version stays.
        _known = dict(Wording.objects.order_by("version").values_list("kind", "text"))
        _read_at = now
    return _known
