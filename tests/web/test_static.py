from __future__ import annotations

import hashlib
import re
from pathlib import Path

import polib
import pytest
from django.contrib.staticfiles import finders

import huiyin.web

_WEB = Path(huiyin.web.__file__).parent
_ROW = re.compile(r"\| `([\w./-]+)` \| `[^`]+` \| [\w.-]+ \(`([^`]+)`\) \| `([0-9a-f]{64})` \|")
_TEMPLATES = sorted(_WEB.glob("templates/**/*.html"))


def test_vendored_files_are_the_ones_that_were_taken() -> None:
    vendor = _WEB / "static/vendor"
    rows = _ROW.findall((vendor / "VENDORED.md").read_text())
    noted = {name: digest for name, _licence, digest in rows}
    there = [path for path in vendor.rglob("*") if path.suffix in {".js", ".css"}]
    assert noted == {
        str(path.relative_to(vendor)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in there
    }
    assert all((vendor / licence).exists() for _name, licence, _digest in rows)


def test_every_static_file_a_shared_template_names_exists() -> None:
    names = {
        name
        for path in _TEMPLATES
        for name in re.findall(r"{% static '([^']+)' %}", path.read_text())
    }
    assert names
    assert not [name for name in names if finders.find(name) is None]


def test_every_drawing_that_is_used_has_been_drawn() -> None:
    drawn = set(
        re.findall(r'id="i-([\w-]+)"', (_WEB / "templates/components/sprite.html").read_text())
    )
    used = {
        name for path in _TEMPLATES for name in re.findall(r'{% icon "([\w-]+)"', path.read_text())
    }
    assert used <= drawn
    assert {f"face-{level}" for level in range(1, 6)} | {"ok", "soon", "late", "stopped"} <= drawn


@pytest.mark.parametrize("extension", ["po", "mo"])
def test_every_word_of_the_shared_pages_is_there_in_chinese(extension: str) -> None:
    path = _WEB / f"locale/zh_Hans/LC_MESSAGES/django.{extension}"
    catalogue = polib.pofile(str(path)) if extension == "po" else polib.mofile(str(path))
    assert len(catalogue) > 100
    assert catalogue.percent_translated() == 100
