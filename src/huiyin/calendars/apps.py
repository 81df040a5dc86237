from django.apps import AppConfig


class CalendarsConfig(AppConfig):
    name = "huiyin.calendars"
    label = "calendars"
