from django.apps import AppConfig


class CockpitConfig(AppConfig):
    name = "huiyin.web.cockpit"
    label = "cockpit"
