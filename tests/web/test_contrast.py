"""The stylesheet's colour tokens, as numbers (WCAG 2.2: 1.4.3 text, 1.4.11 controls)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import huiyin.web

_CSS = (Path(huiyin.web.__file__).parent / "static/huiyin/huiyin.css").read_text()
_DARK_STARTS = "@media screen and (prefers-color-scheme: dark)"
_HUES = ["good", "soon", "bad", "calm"]
_GROUNDS = ["paper", "surface", "sunken"]
_TEXT = [
    *((text, ground) for text in ["ink", "muted", "action", *_HUES] for ground in _GROUNDS),
    *((text, f"{hue}-tint") for hue in _HUES for text in ["ink", hue]),
    ("action-strong", "sunken"),
    ("on-action", "action"),
    ("on-action", "action-strong"),
    ("surface", "bad"),
    ("surface", "good"),
]
_CONTROLS = [(part, ground) for part in ["control", "focus"] for ground in ["paper", "surface"]]


def _tokens(css: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", css))


def _scheme(name: str) -> dict[str, str]:
    before, after = _CSS.split(_DARK_STARTS, 1)
    light = _tokens(before)
    return light if name == "light" else light | _tokens(after.split("/* 2 ")[0])


def _luminance(colour: str) -> float:
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read_on_every_ground_it_stands_on(scheme: str) -> None:
    tokens = _scheme(scheme)
    poor = {pair for pair in _TEXT if _contrast(tokens[pair[0]], tokens[pair[1]]) < 4.5}
    assert not poor


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_outlines_of_controls_and_focus_are_seen(scheme: str) -> None:
    tokens = _scheme(scheme)
    poor = {pair for pair in _CONTROLS if _contrast(tokens[pair[0]], tokens[pair[1]]) < 3}
    assert not poor
