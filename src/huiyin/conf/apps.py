from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ConfConfig(AppConfig):
    """Carries what concerns the whole product: serve, work, seed, doctor, health."""

    name = "huiyin.conf"
    label = "conf"

    def ready(self) -> None:
        from huiyin.conf import canary, demo_events
        from huiyin.web.demo import hooks

        hooks.new_token = demo_events.new_token
        post_migrate.connect(canary.keep, sender=self)
