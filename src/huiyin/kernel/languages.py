"""The language of who asks, where no request of the framework is at hand."""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache

from django.conf import settings
from django.utils import translation
from django.utils.translation.trans_real import parse_accept_lang_header


@lru_cache(maxsize=1024)
def asked_for(accepted: bytes) -> str:
    """The language in which the product answers to this Accept-Language header."""
    for wanted, _weight in parse_accept_lang_header(accepted.decode("latin-1")):
        with suppress(LookupError):
            return translation.get_supported_language_variant(wanted)
    return str(settings.LANGUAGE_CODE)
