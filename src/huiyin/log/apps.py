from django.apps import AppConfig


class LogConfig(AppConfig):
    name = "huiyin.log"
    label = "log"
