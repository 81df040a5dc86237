"""What the form on the spot asks beside the rating."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import QueryDict

# Longer than anything that is right, so that what is wrong comes back as it was typed.
_LONGEST = 80


@dataclass(frozen=True)
class OnTheSpot:
    """As it was filled in; nothing is judged yet."""

    case_number: str = ""
    digits: str = ""
    mobile: str = ""
    # A field that no human sees: what fills it is a program.
    trap: str = ""
    # They were led here by the list of a hall, from the sheet of another counter.
    from_list: bool = False


def decode(data: QueryDict) -> OnTheSpot:
    return OnTheSpot(
        case_number=data.get("case_number", "").strip()[:_LONGEST],
        digits=data.get("case_digits", "").strip()[:_LONGEST],
        mobile=data.get("mobile", "").strip()[:_LONGEST],
        trap=data.get("website", ""),
        from_list=data.get("from") == "list",
    )
