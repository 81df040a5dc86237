"""Fixtures of the invitations. Models are imported late: this is read before Django is set up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.intake.invitations.support import Gateway


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Gateway:
    """The SMS gateway of the installation, played."""
    from tests.intake.invitations.support import Gateway, use

    return use(Gateway(), monkeypatch)
