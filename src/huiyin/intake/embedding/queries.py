"""Who may embed."""

from __future__ import annotations

from huiyin.intake.embedding.models import Site


def origins() -> list[str]:
    """The origins whose pages may embed the rating page. One query."""
    return list(
        Site.objects.filter(active=True).order_by("origin").values_list("origin", flat=True)
    )
