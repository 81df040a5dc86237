"""The written reference names every field, address and refusal that there is."""

from __future__ import annotations

from pathlib import Path

from huiyin.api.openapi import document
from huiyin.intake.events.fields import KNOWN_NAMES

DOCS = Path(__file__).parents[2] / "docs" / "reference"


def test_every_field_of_an_event_is_described() -> None:
    text = (DOCS / "events.md").read_text("utf-8")

    assert [name for name in sorted(KNOWN_NAMES) if f"`{name}`" not in text] == []


def test_every_address_and_refusal_is_described() -> None:
    text = (DOCS / "api.md").read_text("utf-8")
    missing = []
    for path, operations in document()["paths"].items():
        for method, operation in operations.items():
            missing += [path] * (f"`{method.upper()} {path}`" not in text)
            for response in operation["responses"].values():
                problems = response.get("content", {}).get("application/problem+json", {})
                missing += [
                    code for code in problems.get("examples", ()) if f"`{code}`" not in text
                ]

    assert missing == []
