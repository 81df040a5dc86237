from django.apps import AppConfig


class ConfConfig(AppConfig):
    """Carries the commands that concern the whole product: serve, work, seed, doctor."""

    name = "huiyin.conf"
    label = "conf"
