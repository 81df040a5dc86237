from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MattersConfig(AppConfig):
    name = "huiyin.matters"
    label = "matters"
    verbose_name = _("The closed loop")

    def ready(self) -> None:
        from huiyin.calendars import hooks
        from huiyin.matters.services import recomputing

        hooks.register(hooks.Dependent(recomputing.moved_by_calendar, recomputing.move_deadlines))
