from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "huiyin.web.demo"
    label = "demo"
