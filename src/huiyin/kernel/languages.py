"""The language of who asks, where no request of the framework is at hand."""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache

from django.conf import settings
from django.utils import translation
from django.utils.translation.trans_real import parse_accept_lang_header

# Django reads a header up to its last comma before the 500th character. What comes later changes
# nothing, and must not be remembered either: anybody can send it.
_READ = 501


def asked_for(accepted: bytes) -> str:
    """The language in which the product answers to this Accept-Language header."""
    return _asked_for(accepted[:_READ])


@lru_cache(maxsize=1024)
def _asked_for(accepted: bytes) -> str:
    for wanted, _weight in parse_accept_lang_header(accepted.decode("latin-1")):
        with suppress(LookupError):
            return translation.get_supported_language_variant(wanted)
    return str(settings.LANGUAGE_CODE)
