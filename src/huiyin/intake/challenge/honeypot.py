"""A field that no person sees or reaches; programs that fill in whatever they find fill it in.

Never a reason to refuse: the browser of an honest citizen may fill it in by itself. It is a reason
to ask for a proof (``challenge.check``). The page's part is ``components/honeypot.html``.
"""

from __future__ import annotations

from collections.abc import Mapping

# A name that programs like and browsers have no habit of filling in.
FIELD = "homepage_url"


def filled(data: Mapping[str, str]) -> bool:
    """Whether something stands in the field."""
    return bool(data.get(FIELD, ""))
