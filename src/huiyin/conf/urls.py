"""Every address of the product. Stable ones are named in docs/reference."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from huiyin.conf import health

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.alive),
    path("readyz", health.ready),
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("api/", include("huiyin.api.urls")),
    path("desk/", include("huiyin.web.desk.urls")),
    path("", include("huiyin.web.urls")),
    path("", include("huiyin.web.citizen.urls")),
    path("", include("huiyin.web.portal.urls")),
]

handler400 = "huiyin.web.views.bad_request"
handler403 = "huiyin.web.views.forbidden"
handler404 = "huiyin.web.views.not_found"
handler500 = "huiyin.web.views.server_error"
