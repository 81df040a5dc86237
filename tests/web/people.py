"""What the fixture ``signed_in`` is, for the tests' own types."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client

from huiyin.directory.models import Staff

SignedIn = Callable[[Staff], Client]
