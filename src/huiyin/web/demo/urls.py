"""Addresses of the demonstration; they exist in demo mode alone."""

from django.urls import path

from huiyin.web.demo import views

app_name = "demo"
urlpatterns = [
    path("", views.home, name="home"),
    path("portal/<str:token>", views.portal, name="portal"),
    path("app/<str:token>", views.app, name="app"),
]
