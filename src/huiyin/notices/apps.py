from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _


class NoticesConfig(AppConfig):
    name = "huiyin.notices"
    label = "notices"
    verbose_name = _("Being told")

    def ready(self) -> None:
        from huiyin.matters import hooks, personal
        from huiyin.notices import relay, services, taking_back
        from huiyin.notices.services import about_people, reminding
        from huiyin.notices.transports.email import config as email

        hooks.on_step(services.announce)
        hooks.on_step(taking_back.moved_on)
        hooks.on_reminders(reminding.remind)
        personal.on_consequence(about_people.tell)
        if email.wanted():
            email.server()  # refuses to start with an address that cannot be right
        if settings.HUIYIN_RELAY:
            relay.use(relay.named(settings.HUIYIN_RELAY))
