"""Shapes and check digits of division, credit and item codes. Pure arithmetic."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

# GB 32100-2015: no I, O, S, V, Z; the 18th character makes the weighted sum divisible by 31.
USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)

_ITEM = re.compile(r"[0-9A-Z]{31}")
_REGION = re.compile(r"[1-9][0-9]{5}([0-9]{6})?")


def uscc_check_character(body: str) -> str:
    """The 18th character for the first 17. Raises ``ValueError`` for a foreign character."""
    total = sum(
        USCC_ALPHABET.index(character) * weight
        for character, weight in zip(body, _USCC_WEIGHTS, strict=True)
    )
    return USCC_ALPHABET[-total % 31]


def organisation_code_check_character(body: str) -> str:
    """The 9th character of an organisation code (GB 11714-1997) for the first 8.

    These nine are characters 9 to 17 of a unified social credit code.
    """
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(one, 36) * weight for one, weight in zip(body, weights, strict=True))
    return {10: "X", 11: "0"}.get(11 - total % 11, str(11 - total % 11))


def is_uscc(code: str) -> bool:
    if len(code) != 18 or any(character not in USCC_ALPHABET for character in code):
        return False
    return uscc_check_character(code[:17]) == code[17]


def twelve_digits(code: str) -> str | None:
    """A division code in its 12-digit form (6 digits padded with 000000), or None."""
    return code.ljust(12, "0") if _REGION.fullmatch(code) else None


def significant(code: str) -> str:
    """The part of a 12-digit division code that its sub-divisions share."""
    for length in (2, 4, 6, 9):
        if not code[length:].strip("0"):
            return code[:length]
    return code


def parent_region_code(code: str) -> str | None:
    """The 12-digit code of the next division up, or None for a province."""
    digits = significant(code)
    shorter = {4: 2, 6: 4, 9: 6, 12: 9}.get(len(digits))
    return digits[:shorter].ljust(12, "0") if shorter else None


def region_lineage(code: str) -> list[str]:
    """The 12-digit codes of the division and of all above it, from the province down."""
    lineage: list[str] = []
    above: str | None = code
    while above:
        lineage.insert(0, above)
        above = parent_region_code(above)
    return lineage


def organisation_in(code: str) -> str | None:
    """The credit code in an organisation's code: itself, or after a 12-digit area and "_".

    None when it has neither shape. Existing systems send both.
    """
    area, underscore, uscc = code.strip().upper().rpartition("_")
    if underscore and (len(area) != 12 or twelve_digits(area) is None):
        return None
    return uscc if is_uscc(uscc) else None


def item_code(code: str) -> str | None:
    """The 31-character item code of a 31- or 33-character code, or None."""
    code = code.upper()
    if len(code) not in {31, 33} or not _ITEM.fullmatch(code[:31]):
        return None
    return code[:31]


def validate_uscc(code: str) -> None:
    if not is_uscc(code):
        raise ValidationError(
            _("%(code)s is not a unified social credit code: 18 characters whose last one checks."),
            code="uscc",
            params={"code": code},
        )


def validate_region_code(code: str) -> None:
    if len(code) != 12 or twelve_digits(code) is None:
        raise ValidationError(_("A division code has 12 digits."), code="region")


def validate_item_code(code: str) -> None:
    if not _ITEM.fullmatch(code):
        raise ValidationError(
            _("An item code has 31 characters, digits and capital letters."), code="item"
        )
