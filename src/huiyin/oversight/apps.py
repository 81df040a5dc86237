from django.apps import AppConfig


class OversightConfig(AppConfig):
    name = "huiyin.oversight"
    label = "oversight"

    def ready(self) -> None:
        from huiyin.matters import hooks
        from huiyin.oversight import services

        hooks.on_step(services.remember)
