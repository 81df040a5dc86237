"""Addresses of the log's static files (C2SP tlog-tiles) and of what belongs to them. Stable."""

from __future__ import annotations

from django.urls import path, re_path, register_converter
from django.views.decorators.csrf import csrf_exempt

from huiyin.api.log import views
from huiyin.api.problems import nothing_here
from huiyin.log import tiles


class TileConverter:
    """The name of a tile, and nothing else: no other spelling, nothing that climbs."""

    regex = tiles.PATTERN

    def to_python(self, value: str) -> tiles.Tile:
        return tiles.parse(value)  # a ValueError is no match

    def to_url(self, value: tiles.Tile) -> str:
        return value.path


class LeafHashConverter:
    """SHA-256 in lower-case hex."""

    regex = "[0-9a-f]{64}"

    def to_python(self, value: str) -> bytes:
        return bytes.fromhex(value)

    def to_url(self, value: bytes) -> str:
        return value.hex()


register_converter(TileConverter, "tile")
register_converter(LeafHashConverter, "leaf_hash")

urlpatterns = [
    path("checkpoint", views.checkpoint),
    path("tile/<tile:tile>", views.tile),
    path("keys", views.keys),
    path("find/<leaf_hash:leaf_hash>", views.find),
    path("cosignatures", views.cosignatures),
    re_path("", csrf_exempt(views.readable(nothing_here))),
]
