from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "huiyin.notices"
    label = "notices"

    def ready(self) -> None:
        from huiyin.matters import hooks
        from huiyin.notices import services

        hooks.on_step(services.announce)
