"""What a client's operators read of a refusal. In Chinese whoever asks: the systems that speak
these dialects show the sentence to their own people, and some look for “不能重复” in it."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from huiyin.dialects.errors import PARAMETER_ERRORS, Code, Refused

LANGUAGE = "zh-hans"

SENTENCES: Mapping[Code, str | Promise] = {
    Code.TOO_LARGE: gettext_lazy("What you sent is too large."),
    Code.UNREADABLE: gettext_lazy("The request cannot be read."),
    Code.WRONG_ENCODING: gettext_lazy("The text is not in the encoding that was declared."),
    Code.NOT_AUTHENTIC: gettext_lazy("The sign is not right, or the content cannot be decrypted."),
    Code.STALE: gettext_lazy("The time of the request is too far from ours. Check the clock."),
    Code.REPLAYED: gettext_lazy("This sign was used before, with other content."),
    Code.TOO_MANY: gettext_lazy("Too many requests. Please wait a little and try again."),
    Code.FIELD_MISSING: gettext_lazy("Is required."),
    Code.FIELD_INVALID: gettext_lazy("The value is not valid."),
    Code.AREA_ABOLISHED: gettext_lazy(
        "This division was abolished. Send the code of the one that took its place."
    ),
    Code.MUST_NOT_REPEAT: gettext_lazy("This was sent before and must not be repeated."),
    Code.EVENT_UNKNOWN: gettext_lazy("There is no such service. Push the service first."),
    Code.DETAIL_MISSING: gettext_lazy("A level below 3 needs a reason: evalDetail or a text."),
    Code.UNAVAILABLE: gettext_lazy("The platform cannot take this now. Please send it again."),
}


def fine() -> str:
    return _("Success")


def sentence(code: Code, *, field: str = "", about: str = "") -> str:
    """A sentence for ``code``; ``field`` and ``about`` as in ``Refused``."""
    said = str(SENTENCES[code])
    if about:
        said = f"{said} ({about})"
    if field:
        said = f"{field}: {said}"
    return _("Parameter error. %(what)s") % {"what": said} if code in PARAMETER_ERRORS else said


def sentence_of(problem: Refused) -> str:
    return sentence(problem.code, field=problem.field, about=problem.about)
