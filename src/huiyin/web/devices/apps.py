from django.apps import AppConfig


class DevicePagesConfig(AppConfig):
    name = "huiyin.web.devices"
    label = "device_pages"
