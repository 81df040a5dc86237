"""Addresses given to providers: stable, and named in docs/reference/relay.md."""

from __future__ import annotations

from django.urls import path

from huiyin.api.gateways import ivr, views

urlpatterns = [
    path("sms/reports", views.sms_reports),
    path("sms/messages", views.sms_messages),
    path("calls", views.calls),
    path("ivr", ivr.calls_by_keys),
]
