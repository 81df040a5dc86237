"""Addresses of the public pages."""

from django.urls import path

from huiyin.web.portal import breakdowns, views

app_name = "portal"
urlpatterns = [
    path("", views.home, name="home"),
    path("regions/<str:code>/", views.region, name="region"),
    path("organisations/<str:uscc>/", views.organisation, name="organisation"),
    path("breakdown/", breakdowns.breakdown, name="breakdown"),
    path("reviews/", views.reviews, name="reviews"),
    path("about/", views.about, name="log"),
    path("privacy/", views.privacy, name="privacy"),
]
