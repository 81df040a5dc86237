"""A clock on a working day."""

import pytest


@pytest.fixture(autouse=True)
def _a_working_day(frozen_clock: object) -> None:
    """Monday 4 March 2024, 10:00, in every test of the room."""
