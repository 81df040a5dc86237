from django.apps import AppConfig


class MattersConfig(AppConfig):
    name = "huiyin.matters"
    label = "matters"
