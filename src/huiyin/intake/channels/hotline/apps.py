from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HotlineConfig(AppConfig):
    name = "huiyin.intake.channels.hotline"
    label = "hotline"
    verbose_name = _("Rating by telephone")

    def ready(self) -> None:
        from huiyin.intake.channels.hotline.services import listing
        from huiyin.reviews import hooks

        hooks.on_erasure(listing.forget_person)
