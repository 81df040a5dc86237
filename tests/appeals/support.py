"""Matters with an appeal, made by the services alone."""

from __future__ import annotations

from typing import Any

from huiyin.appeals import services
from huiyin.appeals.models import Appeal, Ground
from huiyin.kernel.uploads import AcceptedFile
from tests.factories import Loop

FILE = AcceptedFile("监控截图.pdf", "application/pdf", ".pdf", b"%PDF-1.4 test")


def appealed(made: Loop, ground: str = Ground.FAKE, **said: Any) -> Appeal:
    """The unit's appeal, with evidence."""
    who = said.pop("by", made.handler)
    return services.file_appeal(
        **made.now(who),
        **({"ground": ground, "statement": "该评价系伪造，附监控。", "files": [FILE]} | said),
    )


def reported(made: Loop, text: str = "只是拍了照片，窗口并没有开。") -> Appeal:
    """The citizen's report that nothing was put right."""
    return services.report_fake(matter=made.again(), text=text)


def heard(made: Loop) -> dict[str, Any]:
    """The citizen has been heard; nothing more to say of the ruling."""
    services.be_heard(matter=made.again(), text="我当天确实在窗口等了三个小时。")
    return {}
