"""Addresses that belong to no audience: the switches, and the demo's styleguide."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, path

from huiyin.web import views

app_name = "web"
urlpatterns: list[URLPattern | URLResolver] = [
    path("text-size/", views.text_size, name="text_size"),
]
if settings.HUIYIN_DEMO:
    urlpatterns.append(path("styleguide/", views.styleguide, name="styleguide"))
