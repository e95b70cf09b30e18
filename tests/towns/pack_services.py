"""Services that a pack adds, as tables of ``city.toml`` and as values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from circle15.catalog import Service

PHARMACY: Mapping[str, Any] = {
    "key": "pharmacy", "title_zh": "药店", "title_en": "Pharmacy", "noun_en": "a pharmacy", "glyph": "药",
    "words": ["药店", "药房"], "osm": ["amenity=pharmacy"],
}  # fmt: skip
PARCELS: Mapping[str, Any] = {
    "key": "parcel_point", "title_zh": "快递点", "title_en": "Parcel point", "noun_en": "a parcel point", "glyph": "递",
    "tone": "#336633", "words": ["快递"], "osm": ["amenity=parcel_locker", "amenity=post_office"], "delivered": True,
}  # fmt: skip


def services_toml(*entries: Mapping[str, Any]) -> str:
    """``[[services]]`` tables as they stand in a file."""
    return "".join(
        "\n[[services]]\n"
        + "".join(f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in entry.items())
        for entry in entries
    )


def service(**changes: Any) -> Service:
    """The pharmacy as a value, some of it otherwise."""
    entry = {"tone": "#332288"} | dict(PHARMACY) | changes
    return Service(**{key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()})
