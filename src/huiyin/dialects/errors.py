"""What can be wrong with a request of a dialect. Pure: the words for it are in ``wording.py``."""

from __future__ import annotations

from enum import StrEnum


class Code(StrEnum):
    """Why a request, or one entry of it, was not taken."""

    # The whole request.
    TOO_LARGE = "too-large"
    UNREADABLE = "unreadable"
    WRONG_ENCODING = "wrong-encoding"
    # One answer for an unknown sender, a wrong signature and a text that does not decrypt: whoever
    # tries shall not learn which of these it was.
    NOT_AUTHENTIC = "not-authentic"
    STALE = "stale"
    REPLAYED = "replayed"
    TOO_MANY = "too-many"
    # One entry.
    FIELD_MISSING = "field-missing"
    FIELD_INVALID = "field-invalid"
    AREA_ABOLISHED = "area-abolished"
    MUST_NOT_REPEAT = "must-not-repeat"
    EVENT_UNKNOWN = "event-unknown"
    DETAIL_MISSING = "detail-missing"
    # Ours, and the client should come again.
    UNAVAILABLE = "unavailable"


# What clients are used to be told as “parameter error”.
PARAMETER_ERRORS = frozenset(
    {
        Code.UNREADABLE,
        Code.WRONG_ENCODING,
        Code.FIELD_MISSING,
        Code.FIELD_INVALID,
        Code.AREA_ABOLISHED,
        Code.DETAIL_MISSING,
    }
)


class Refused(Exception):
    """Nothing of the request, or of its entry, was stored. ``field`` is named as the client does;
    ``about`` may say more and never repeats a value that may be personal."""

    def __init__(self, code: Code, *, field: str = "", about: str = "") -> None:
        self.code = code
        self.field = field
        self.about = about
        super().__init__(code.value, field)
