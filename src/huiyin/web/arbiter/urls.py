"""Addresses of the arbiter's room and of a unit's appeal, below /desk/."""

from django.urls import URLPattern, URLResolver, path

# It registers the converter for matters' codes.
from huiyin.web.arbiter import evidence, room, unit
from huiyin.web.desk import urls as _desk  # noqa: F401

app_name = "arbiter"
urlpatterns: list[URLPattern | URLResolver] = [
    path("arbitration/", room.queue, name="queue"),
    path("arbitration/<matter_code:code>", room.case, name="case"),
    path("arbitration/<matter_code:code>/ruling", room.rule, name="rule"),
    path("arbitration/<matter_code:code>/recusal", room.recuse, name="recuse"),
    path("appeals/<matter_code:code>", unit.appeal, name="appeal"),
    path("appeals/<matter_code:code>/statement", unit.statement, name="statement"),
    path(
        "appeals/<matter_code:code>/evidence/<uuid:evidence_id>",
        evidence.evidence,
        name="evidence",
    ),
]
