from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DialectsConfig(AppConfig):
    name = "huiyin.dialects"
    label = "dialects"
    verbose_name = _("Gateways for existing systems")

    def ready(self) -> None:
        from huiyin.dialects.services import quarantine
        from huiyin.reviews import hooks as reviews

        reviews.on_erasure(quarantine.forget)
