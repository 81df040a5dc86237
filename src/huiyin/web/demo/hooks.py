"""What the demonstration's pages need and only the whole product can do; see ``conf.apps``."""

from __future__ import annotations

from collections.abc import Callable


def _nobody(origin: str) -> str:
    raise LookupError("nobody gives the demonstration's citizens a service")


# Gives an invented citizen a service and lets pages of an origin embed the form; the token.
new_token: Callable[[str], str] = _nobody
