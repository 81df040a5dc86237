from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class CalendarsConfig(AppConfig):
    name = "huiyin.calendars"
    label = "calendars"
    verbose_name = _("Working calendars")

    def ready(self) -> None:
        # After migrations, as Django does with its permissions: the notices of a new release come
        # in with its upgrade, and no installation or test database is ever without a calendar.
        post_migrate.connect(_seed, sender=self)


def _seed(using: str, **_context: Any) -> None:
    from django.db import connections

    from huiyin.calendars import services
    from huiyin.calendars.models import CalendarYear

    # Not yet there when somebody migrates backwards.
    if CalendarYear._meta.db_table in connections[using].introspection.table_names():
        services.seed()
