"""Addresses given to existing systems: stable, and named in docs/reference/dialects.md."""

from __future__ import annotations

from django.urls import path

from huiyin.dialects.national import views as national

urlpatterns = [
    # Events and reviews are told apart by what they hold; systems that are configured with an
    # address for each find one.
    path("national", national.receive),
    path("national/events", national.receive),
    path("national/reviews", national.receive),
]
