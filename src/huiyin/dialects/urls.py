"""Addresses given to existing systems: stable, and named in docs/reference/dialects.md."""

from __future__ import annotations

from django.urls import path

from huiyin.dialects.anhui import views as anhui
from huiyin.dialects.beijing import views as beijing
from huiyin.dialects.fujian import views as fujian
from huiyin.dialects.national import views as national
from huiyin.dialects.pingtan import views as pingtan
from huiyin.dialects.shandong import views as shandong
from huiyin.dialects.zhejiang import views as zhejiang

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
    path("fujian", fujian.receive),
    path("fujian/events", fujian.receive),
    path("fujian/reviews", fujian.receive),
    path("zhejiang", zhejiang.receive),
    path("zhejiang/events", zhejiang.receive),
    path("zhejiang/reviews", zhejiang.receive),
    path("anhui/page", anhui.page),
    path("pingtan", pingtan.receive),
    path("pingtan/events", pingtan.receive),
    path("pingtan/reviews", pingtan.receive),
]
