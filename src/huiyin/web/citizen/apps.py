from django.apps import AppConfig


class CitizenConfig(AppConfig):
    name = "huiyin.web.citizen"
    label = "citizen"
