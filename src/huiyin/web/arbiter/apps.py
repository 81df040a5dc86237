from django.apps import AppConfig


class ArbiterConfig(AppConfig):
    name = "huiyin.web.arbiter"
    label = "arbiter"
