"""Pages that devices show, below /device/, and where their citizens look a rating up."""

from django.urls import path, register_converter

from huiyin.web.devices import views


class LanguageConverter:
    """A language of the pages; a device is in the one that its address says."""

    regex = "zh-hans|en"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(LanguageConverter, "language")

app_name = "devices"
urlpatterns = [
    path("device/", views.pair, name="pair"),
    path("device/<language:language>/", views.pair, name="pair_in"),
    path("device/counter/stream", views.stream, name="stream"),
    path("device/counter/<language:language>/", views.counter, name="counter"),
    path("device/kiosk/worker.js", views.worker, name="worker"),
    path("device/kiosk/<language:language>/", views.kiosk, name="kiosk"),
    path("slip/", views.find_slip, name="find_slip"),
    path("slip/<str:code>", views.slip, name="slip"),
]
