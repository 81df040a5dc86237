from __future__ import annotations

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image


@pytest.fixture
def browser() -> Client:
    """A browser with no cookies, on which nothing is exempt that a real one would meet."""
    return Client(enforce_csrf_checks=True)


@pytest.fixture(autouse=True)
def _nobody_has_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    from huiyin.intake import guessing
    from huiyin.kernel.throttle import Throttle

    monkeypatch.setattr(guessing, "wrong_codes", Throttle(burst=20, per_minute=10))
    monkeypatch.setattr(guessing, "wrong_tokens", Throttle(burst=20, per_minute=10))


def picture(name: str = "窗口.jpg", **saved: object) -> SimpleUploadedFile:
    """A small photograph."""
    written = io.BytesIO()
    Image.new("RGB", (40, 30), "#2f6f64").save(written, "JPEG", **saved)
    return SimpleUploadedFile(name, written.getvalue(), "image/jpeg")
