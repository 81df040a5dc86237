"""Addresses that belong to no audience: the switches, and the demo's styleguide."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, path

from huiyin.web import simulator
from huiyin.web.views import styleguide, text_size

app_name = "web"
urlpatterns: list[URLPattern | URLResolver] = [
    path("text-size/", text_size, name="text_size"),
    path("telephone/simulator/", simulator.simulator, name="simulator"),
]
if settings.HUIYIN_DEMO:
    urlpatterns.append(path("styleguide/", styleguide, name="styleguide"))
