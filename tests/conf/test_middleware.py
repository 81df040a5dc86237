from __future__ import annotations

from datetime import timedelta

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from huiyin.conf.middleware import DemoClock, SecurityHeaders
from huiyin.kernel import clock, timemachine


def answered(path: str) -> HttpResponse:
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse("here")

    return SecurityHeaders(view)(RequestFactory().get(path))


@pytest.mark.parametrize("path", ["/i/code", "/r/token", "/s/code", "/desk/", "/admin/"])
def test_no_cache_keeps_what_only_its_reader_may_see(path: str) -> None:
    assert answered(path)["Cache-Control"] == "private, no-store"


def test_public_pages_may_be_cached() -> None:
    assert "Cache-Control" not in answered("/")


def test_every_answer_carries_the_security_headers(client: Client) -> None:
    answer = client.get("/healthz")
    assert "camera=()" in answer["Permissions-Policy"]
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.django_db
def test_a_request_sees_the_clock_that_another_process_moved() -> None:
    timemachine.DemoClock.objects.create(pk=1, moved_by=timedelta(days=2))
    seen: list[timedelta] = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(clock.offset())
        return HttpResponse()

    DemoClock(view)(RequestFactory().get("/"))
    assert seen == [timedelta(days=2)]
