"""Every address of the product. Stable ones are named in docs/reference.

``/healthz`` and ``/readyz`` are answered before these are looked at (``middleware.Probes``).
"""

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from huiyin.conf.metrics import metrics

urlpatterns: list[URLPattern | URLResolver] = [
    # One place to sign in, with one brake on guessing; it leads back to where one came from.
    path("admin/login/", RedirectView.as_view(pattern_name="desk:login", query_string=True)),
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("metrics", metrics),
    path("api/", include("huiyin.api.urls")),
    path("log/", include("huiyin.api.log.urls")),
    path("gateways/", include("huiyin.api.gateways.urls")),
    path("gateways/", include("huiyin.dialects.urls")),
    path("desk/", include("huiyin.web.desk.urls")),
    path("desk/", include("huiyin.web.arbiter.urls")),
    path("cockpit/", include("huiyin.web.cockpit.urls")),
    path("", include("huiyin.web.urls")),
    path("", include("huiyin.web.citizen.urls")),
    path("", include("huiyin.web.devices.urls")),
    path("", include("huiyin.web.portal.urls")),
]
if settings.HUIYIN_DEMO:
    urlpatterns.append(path("demo/", include("huiyin.web.demo.urls")))

handler400 = "huiyin.web.views.bad_request"
handler403 = "huiyin.web.views.forbidden"
handler404 = "huiyin.web.views.not_found"
handler500 = "huiyin.web.views.server_error"
