"""The written reference names every field, address and refusal that there is."""

from __future__ import annotations

from pathlib import Path

from huiyin.api.openapi import document
from huiyin.intake.events.fields import FIELDS, KNOWN_NAMES
from huiyin.matters.table import TRANSITIONS, Party

DOCS = Path(__file__).parents[2] / "docs" / "reference"


def test_every_field_of_an_event_is_described() -> None:
    text = (DOCS / "events.md").read_text("utf-8")

    assert [name for name in sorted(KNOWN_NAMES) if f"`{name}`" not in text] == []


def test_the_form_of_every_field_is_as_it_is_read() -> None:
    rows = [line.split(" | ") for line in (DOCS / "events.md").read_text("utf-8").splitlines()]
    forms = {cells[0].strip("| "): cells[2] for cells in rows if len(cells) == 4}

    assert {
        " · ".join(f"`{name}`" for name in entry.names): entry.read.form for entry in FIELDS
    }.items() <= forms.items()


def test_every_step_of_staff_has_its_address() -> None:
    text = (DOCS / "api.md").read_text("utf-8")
    by_staff = {row.event for row in TRANSITIONS if row.by - {Party.CITIZEN, Party.PLATFORM}}

    assert [event.value for event in by_staff if f"`{event.value}`" not in text] == []


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
