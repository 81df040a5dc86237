from __future__ import annotations

from typing import Any

import pytest

from tests.intake.channels.hotline.platform import SECRET


@pytest.fixture
def ivr(settings: Any, live_server: Any) -> str:
    """The address of a running server to which an IVR platform is connected."""
    settings.HUIYIN_IVR_SECRET = SECRET
    return str(live_server.url)
