"""The script that portals load: its bytes, by version, as they were released.

A released version never changes, so that a portal can name its hash (subresource integrity);
the address of the major version leads to the newest of it.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path

_FOLDER = Path(__file__).parent / "scripts"
MAJOR, NEWEST = "1", "1.0"


@dataclass(frozen=True)
class Script:
    version: str
    body: bytes

    @property
    def integrity(self) -> str:
        """For the attribute ``integrity`` of the script's element."""
        return f"sha384-{base64.b64encode(hashlib.sha384(self.body).digest()).decode()}"

    @property
    def path(self) -> str:
        return f"/embed/v{self.version}.js"


RELEASED = {
    file.name.removeprefix("v").removesuffix(".js"): Script(
        file.name.removeprefix("v").removesuffix(".js"), file.read_bytes()
    )
    for file in sorted(_FOLDER.glob("v*.js"))
}
