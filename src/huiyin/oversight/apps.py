from django.apps import AppConfig


class OversightConfig(AppConfig):
    name = "huiyin.oversight"
    label = "oversight"

    def ready(self) -> None:
        from huiyin.matters import hooks
        from huiyin.notices import hooks as notices
        from huiyin.oversight import delays, services

        hooks.on_step(services.remember)
        notices.on_arrival(delays.count)
