from django.apps import AppConfig


class DirectoryConfig(AppConfig):
    name = "huiyin.directory"
    label = "directory"
