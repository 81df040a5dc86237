"""Addresses given to existing systems: stable, and named in docs/reference/dialects.md."""

from __future__ import annotations

from django.urls import path

from huiyin.dialects.beijing import views as beijing
from huiyin.dialects.national import views as national
from huiyin.dialects.shandong import views as shandong

urlpatterns = [
    # Events and reviews are told apart by what they hold; systems that are configured with an
    # address for each find one.
    path("national", national.receive),
    path("national/events", national.receive),
    path("national/reviews", national.receive),
    path("shandong", shandong.receive),
    path("shandong/events", shandong.receive),
    path("shandong/reviews", shandong.receive),
    path("shandong/page", shandong.page),
    path("beijing", beijing.receive),
    path("beijing/page", beijing.page),
]
