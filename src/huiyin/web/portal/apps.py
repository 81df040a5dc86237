from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "huiyin.web.portal"
    label = "portal"
